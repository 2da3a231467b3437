internal import CSQLite

/// A prepared statement, for loops where preparing by text would cost too much. `$1…$n` are bound by number.
///
/// Belongs to its connection's thread. Once the connection was closed or reopened it refuses to run: prepare anew.
public final class Statement {
  let handle: Handle
  private let prepared: OpaquePointer
  /// The highest number among the parameters.
  let parameterCount: Int
  /// SQLite's own index of each `$n`, 0 where the text leaves a number out.
  private let places: [Int32]
  // Confined to one thread: no check of exclusive access with every value.
  @exclusivity(unchecked) private var bindFailure: Int32 = SQLITE_OK
  /// Values bound since the count began.
  @exclusivity(unchecked) private var given = 0

  init(_ sql: String, handle: Handle, persistent: Bool) throws(SQLError) {
    guard let database = handle.database else { throw .misuse("the connection is closed") }
    var prepared: OpaquePointer?
    let flags = persistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
    let code = sqlite3_prepare_v3(database, sql, -1, flags, &prepared, nil)
    guard code == SQLITE_OK else { throw handle.error(code) }
    guard let prepared else { throw .misuse("expected a statement, got an empty text") }
    guard let places = Statement.places(of: prepared) else {
      sqlite3_finalize(prepared)
      throw .misuse("expected parameters named $1, $2, … in: \(sql)")
    }
    self.handle = handle
    self.prepared = prepared
    self.places = places
    self.parameterCount = places.count
  }

  deinit {
    sqlite3_finalize(pointer)
  }

  public func bind(_ number: Int, _ value: Int64) { note(sqlite3_bind_int64(pointer, place(number), value)) }

  public func bind(_ number: Int, _ value: Int) { bind(number, Int64(value)) }

  public func bind(_ number: Int, _ value: Bool) { bind(number, value ? 1 : 0) }

  public func bind(_ number: Int, _ value: Int64?) {
    if let value { bind(number, value) } else { bindNull(number) }
  }

  public func bind(_ number: Int, _ value: Double) { note(sqlite3_bind_double(pointer, place(number), value)) }

  public func bind(_ number: Int, _ text: String) {
    var text = text
    text.withUTF8 { bind(number, textBytes: UnsafeRawBufferPointer($0)) }
  }

  public func bind(_ number: Int, _ text: String?) {
    if let text { bind(number, text) } else { bindNull(number) }
  }

  /// Binds UTF-8 bytes as a text; copied at once.
  public func bind(_ number: Int, textBytes bytes: UnsafeRawBufferPointer) {
    guard let count = Int32(exactly: bytes.count) else { return note(SQLITE_TOOBIG) }
    // An empty buffer may have no address, which SQLite would take for NULL.
    guard let start = bytes.baseAddress else { return note(csqlite_bind_text_copy(pointer, place(number), "", 0)) }
    note(csqlite_bind_text_copy(pointer, place(number), start, count))
  }

  public func bind(_ number: Int, blob: [UInt8]) {
    guard let count = Int32(exactly: blob.count) else { return note(SQLITE_TOOBIG) }
    blob.withUnsafeBytes { bytes in
      note(
        bytes.baseAddress.map { csqlite_bind_blob_copy(pointer, place(number), $0, count) }
          ?? sqlite3_bind_zeroblob(pointer, place(number), 0))
    }
  }

  public func bindNull(_ number: Int) { note(sqlite3_bind_null(pointer, place(number))) }

  public func bind(_ number: Int, _ value: SQLValue) {
    switch value {
    case .null: bindNull(number)
    case .int(let value): bind(number, value)
    case .real(let value): bind(number, value)
    case .text(let value): bind(number, value)
    case .blob(let value): bind(number, blob: value)
    }
  }

  /// Runs to the end and is ready for the next values; those not bound again keep the last ones.
  /// - Returns: the rows changed.
  @discardableResult
  public func run() throws(SQLError) -> Int {
    defer { sqlite3_reset(pointer) }
    while try step() {}
    guard let database = handle.database, sqlite3_stmt_readonly(prepared) == 0 else { return 0 }
    return Int(sqlite3_changes64(database))
  }

  /// Hands each row to `body` until it says false.
  public func each(_ body: (Row) throws -> Bool) throws {
    defer { sqlite3_reset(pointer) }
    while try step() {
      guard try body(Row(prepared)) else { return }
    }
  }

  public func first<T>(_ read: (Row) throws -> T) throws -> T? {
    defer { sqlite3_reset(pointer) }
    return try step() ? try read(Row(prepared)) : nil
  }

  /// Forgets the bound values, so that a statement at rest in the cache holds no person's data.
  func clear() {
    if let pointer { sqlite3_clear_bindings(pointer) }
  }

  /// Nil once the connection is closed, which has ended the statement: SQLite answers a nil with an error.
  private var pointer: OpaquePointer? { handle.database == nil ? nil : prepared }

  private func step() throws(SQLError) -> Bool {
    guard let pointer else { throw .misuse("the statement's connection was closed or reopened") }
    guard bindFailure == SQLITE_OK else {
      defer { bindFailure = SQLITE_OK }
      throw SQLError(code: bindFailure, message: "a parameter could not be bound")
    }
    try handle.requireTransactionIfPromised()
    switch sqlite3_step(pointer) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw handle.error(code)
    }
  }

  private func place(_ number: Int) -> Int32 {
    places.indices.contains(number - 1) ? places[number - 1] : 0
  }

  /// Gives every parameter a value; one that were left out would be written with what it was the last time.
  func bindAll(_ bind: (Statement) -> Void) throws(SQLError) {
    given = 0
    bind(self)
    guard given == parameterCount else {
      throw .misuse("expected \(parameterCount) values, got \(given)")
    }
  }

  private func note(_ code: Int32) {
    given += 1
    if code != SQLITE_OK && bindFailure == SQLITE_OK { bindFailure = code }
  }

  /// SQLite numbers `$2` 1 if it stands first in the text: so each is looked up by its name. Nil: an alien name.
  private static func places(of statement: OpaquePointer) -> [Int32]? {
    var places: [Int32] = []
    for place in 0..<sqlite3_bind_parameter_count(statement) {
      guard let name = sqlite3_bind_parameter_name(statement, place + 1), name.pointee == UInt8(ascii: "$"),
        let number = Int(String(cString: name + 1)), (1...999).contains(number)
      else { return nil }
      while places.count < number { places.append(0) }
      places[number - 1] = place + 1
    }
    return places
  }
}
