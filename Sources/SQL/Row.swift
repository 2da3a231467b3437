internal import CSQLite

/// A row at hand, columns counted from 0. Valid only inside the closure that got it.
///
/// A column of another type is converted as SQLite does (text asked as an integer gives its leading digits, or 0).
public struct Row {
  private let statement: OpaquePointer

  init(_ statement: OpaquePointer) { self.statement = statement }

  public func isNull(_ column: Int) -> Bool { sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL }

  public func int(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(column)) }

  public func optionalInt(_ column: Int) -> Int64? { isNull(column) ? nil : int(column) }

  /// As it lies there.
  public func value(_ column: Int) -> SQLValue {
    switch sqlite3_column_type(statement, Int32(column)) {
    case SQLITE_INTEGER: .int(int(column))
    case SQLITE_FLOAT: .real(real(column))
    case SQLITE_TEXT: .text(text(column))
    case SQLITE_BLOB: .blob(blob(column))
    default: .null
    }
  }

  /// All columns, as they lie there.
  public var values: [SQLValue] { (0..<Int(sqlite3_column_count(statement))).map(value) }

  public func bool(_ column: Int) -> Bool { int(column) != 0 }

  public func real(_ column: Int) -> Double { sqlite3_column_double(statement, Int32(column)) }

  public func text(_ column: Int) -> String {
    withText(column) { String(decoding: $0, as: UTF8.self) }
  }

  public func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

  public func blob(_ column: Int) -> [UInt8] {
    guard let start = sqlite3_column_blob(statement, Int32(column)) else { return [] }
    return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, Int32(column)))))
  }

  /// A text as its UTF-8 bytes, without a String between. NULL is empty.
  public func textBytes(_ column: Int) -> [UInt8] { withText(column) { [UInt8]($0) } }

  /// The UTF-8 bytes of a text where they lie in SQLite's memory: no copy. NULL is empty.
  public func withText<T>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
    let start = sqlite3_column_text(statement, Int32(column))
    let count = Int(sqlite3_column_bytes(statement, Int32(column)))
    return try body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
  }
}
