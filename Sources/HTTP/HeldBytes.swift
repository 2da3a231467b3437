/// What all connections of a loop hold, kept up to date as each of them changes.
struct HeldBytes {
  /// Of requests that are not whole, or not answered.
  private(set) var bodies = 0
  /// Of answers that are not read.
  private(set) var unsent = 0

  mutating func count(_ connection: Connection) {
    let (held, waiting) = (connection.heldBytes, connection.outbox.count)
    bodies += held - connection.countedBytes
    unsent += waiting - connection.countedUnsent
    (connection.countedBytes, connection.countedUnsent) = (held, waiting)
  }

  mutating func forget(_ connection: Connection) {
    bodies -= connection.countedBytes
    unsent -= connection.countedUnsent
    (connection.countedBytes, connection.countedUnsent) = (0, 0)
  }
}
