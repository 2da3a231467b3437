internal import Synchronization

/// The text of a statement that is asked for all the time. Made once, as a `static let`: connections find what they have
/// prepared of it by its number, without a look at the text.
public struct Query: Sendable {
  private static let made = Atomic(0)

  public let text: String
  let number: Int

  public init(_ text: String) {
    self.text = text
    number = Query.made.wrappingAdd(1, ordering: .relaxed).oldValue
  }
}

/// A connection's statements of its queries, by their numbers.
struct PreparedQueries {
  private var statements: [Statement?] = []

  /// Takes it out, so that the same query inside its own loop gets a second statement.
  mutating func take(_ query: Query) -> Statement? {
    guard query.number < statements.count, let statement = statements[query.number] else { return nil }
    statements[query.number] = nil
    return statement
  }

  mutating func putBack(_ statement: Statement, _ query: Query) {
    while statements.count <= query.number { statements.append(nil) }
    statements[query.number] = statement
  }

  mutating func removeAll() { statements = [] }
}

/// The same calls as those that take a text; `bind` gives every parameter its value, which stays until the next.
extension Connection {
  /// - Returns: the rows changed.
  @discardableResult
  public func run(_ query: Query, _ bind: (Statement) -> Void) throws(SQLError) -> Int {
    let statement = try take(query)
    defer { putBack(statement, query) }
    try statement.bindAll(bind)
    return try statement.run()
  }

  public func first<T>(_ query: Query, _ bind: (Statement) -> Void, read: (Row) throws -> T) throws -> T? {
    try requireTime()
    let statement = try take(query)
    defer { putBack(statement, query) }
    try statement.bindAll(bind)
    return try statement.first(read)
  }

  public func query<T>(_ query: Query, _ bind: (Statement) -> Void, read: (Row) throws -> T) throws -> [T] {
    var rows: [T] = []
    try each(query, bind) { row in
      rows.append(try read(row))
      return true
    }
    return rows
  }

  /// Hands each row to `body` until it says false.
  public func each(_ query: Query, _ bind: (Statement) -> Void, body: (Row) throws -> Bool) throws {
    try requireTime()
    let statement = try take(query)
    defer { putBack(statement, query) }
    try statement.bindAll(bind)
    try statement.each(body)
  }

  private func take(_ query: Query) throws(SQLError) -> Statement {
    if let statement = queries.take(query) { return statement }
    return try prepare(query.text)
  }

  private func putBack(_ statement: Statement, _ query: Query) {
    if statement.handle === handle { queries.putBack(statement, query) }
  }
}
