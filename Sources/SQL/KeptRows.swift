/// Rows of a table as values, kept in memory since they were read or written: a row is forgotten when the connection
/// changes it, and all are when anything is rolled back.
///
/// For the connection that writes, and confined to its thread. Of the last rows between one and two times `capacity` are
/// kept.
public final class KeptRows<Value> {
  private let table: String
  private let capacity: Int
  private var connection: Connection?
  private var young: [Int64: Value] = [:]
  private var old: [Int64: Value] = [:]

  /// - Parameter table: one that `Connection.watch` may follow.
  public init(of table: String, capacity: Int) { (self.table, self.capacity) = (table, capacity) }

  /// What is not kept is read; that there is no such row is not remembered.
  public func value(_ row: Int64, _ db: Connection, _ read: (Int64) throws -> Value?) rethrows -> Value? {
    if db === connection, let known = young[row] ?? old[row] { return known }
    guard let value = try read(row) else { return nil }
    keep(value, row, db)
    return value
  }

  /// What the file says of the row now.
  public func keep(_ value: Value, _ row: Int64, _ db: Connection) {
    if connection == nil { follow(db) }
    guard db === connection else { return }
    if young.count >= capacity {
      // What the elder held is given to the younger: growing from nothing would move each row again and again.
      swap(&old, &young)
      young.removeAll(keepingCapacity: true)
    }
    young[row] = value
  }

  private func follow(_ db: Connection) {
    connection = db
    db.watch(table) { [weak self] row in self?.forget(row) }
  }

  private func forget(_ row: Int64?) {
    guard let row else { return (old, young) = ([:], [:]) }
    old[row] = nil
    young[row] = nil
  }
}
