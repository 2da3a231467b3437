/// What a database takes on the disk. Cost: three numbers out of the file's header and one look at the folder.
public struct StoreSize: Sendable, Equatable {
  /// Without the log, as of the last commit.
  public let bytes: Int64
  /// Of them, pages that are used again before the file grows.
  public let freeBytes: Int64
  /// The write-ahead log's file.
  public let logBytes: Int64

  public init(_ db: Connection) throws {
    func number(_ pragma: String) throws -> Int64 { try db.first("PRAGMA \(pragma)") { $0.int(0) } ?? 0 }
    let page = try number("page_size")
    bytes = try number("page_count") * page
    freeBytes = try number("freelist_count") * page
    logBytes = StoreFiles.logBytes(of: db.path)
  }
}
