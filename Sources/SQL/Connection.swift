// SQL: statements go in, rows come out, and a transaction is durable when it says so. One writing thread with group
// commit, reading threads beside it, one file in one folder. It must not know a marketing word: tables, their meaning
// and their statements belong to the stages above, written in the common subset of SQLite and PostgreSQL.

internal import CSQLite

/// One connection, confined to one thread. Statements are prepared once and kept; `$1…$n` are bound by name.
public final class Connection {
  public enum Mode: Sendable {
    /// Reads, writes and checkpoints. A file has one such connection, in one process.
    case writer
    /// Reads only, never checkpoints.
    case reader
    /// Reads and writes a file that nobody serves, such as a backup: it becomes one file without a log.
    case offline
    /// Reads a file that nobody has open and leaves no trace beside it: neither a log nor its index.
    case inspector
  }

  /// How a file is opened. `vfs` names a virtual file system of SQLite, nil the platform's own.
  public struct Settings: Sendable {
    public var durability: Durability
    public var vfs: String?
    /// Pages that a connection keeps in memory; what it does not find there it reads from the system's cache. Small on
    /// purpose: where a commit has sorted a B-tree's pages, SQLite borrows the number of the page at 1 GiB for a moment,
    /// and in a file shorter than that it then walks through its whole cache (balance_nonroot and pcache1Truncate in
    /// 3.40), which was a fifth of the writer's time with 64 MiB.
    public var cacheKiB: Int
    /// How long a statement waits for another program's lock.
    public var busyMilliseconds: Int32
    /// Pages (of 4 KiB) of the write-ahead log, after which the writer copies it back, which takes it some
    /// milliseconds. With four times SQLite's default a page is copied once for many commits; more gains little, and
    /// callers wait longer.
    public var pagesBetweenCheckpoints: Int

    public init(
      durability: Durability = .full, vfs: String? = nil, cacheKiB: Int = 16_384, busyMilliseconds: Int32 = 1_000,
      pagesBetweenCheckpoints: Int = 4_000
    ) {
      self.durability = durability
      self.vfs = vfs
      self.cacheKiB = cacheKiB
      self.busyMilliseconds = busyMilliseconds
      self.pagesBetweenCheckpoints = pagesBetweenCheckpoints
    }
  }

  public let path: String
  public let mode: Mode
  public let settings: Settings
  /// How often the connection was opened anew; who keeps statements or mirrors the file in memory looks at it.
  public private(set) var generation = 0
  /// Pages in the write-ahead log after the last commit of this connection.
  public internal(set) var logPages = 0

  // Confined to one thread: no check of exclusive access with every statement.
  @exclusivity(unchecked) private(set) var handle: Handle
  @exclusivity(unchecked) private var cache = StatementCache(capacity: 512)
  @exclusivity(unchecked) var queries = PreparedQueries()
  /// What the open transaction has promised to do on its end; see Transaction.swift.
  var settlements: [Settlement] = []
  var watches: [RowWatch] = []
  var savepointDepth = 0
  /// Names the open transaction or savepoint: another one, another number. Who has asked for `onRollback` once in a scope
  /// need not ask again.
  public internal(set) var scope = 0
  var lastScope = 0
  /// Of the job at hand; see TimeLimit.swift.
  @exclusivity(unchecked) var limit: TimeLimit?

  public init(path: String, mode: Mode, settings: Settings = Settings()) throws(SQLError) {
    self.path = path
    self.mode = mode
    self.settings = settings
    handle = try Connection.open(path, mode, settings)
    watchLog()
  }

  public convenience init(
    path: String, mode: Mode, durability: Durability = .full, vfs: String? = nil
  ) throws(SQLError) {
    try self.init(path: path, mode: mode, settings: Settings(durability: durability, vfs: vfs))
  }

  deinit { handle.close() }

  /// Runs a script without parameters.
  public func execute(_ sql: String) throws(SQLError) {
    try handle.requireTransactionIfPromised()
    try handle.execute(sql)
  }

  /// - Returns: the rows changed.
  @discardableResult
  public func run(_ sql: String, _ parameters: [SQLValue] = []) throws(SQLError) -> Int {
    let slot = try take(sql, parameters)
    defer { putBack(slot) }
    return try slot.statement.run()
  }

  public func query<T>(_ sql: String, _ parameters: [SQLValue] = [], _ read: (Row) throws -> T) throws -> [T] {
    var rows: [T] = []
    try each(sql, parameters) { row in
      rows.append(try read(row))
      return true
    }
    return rows
  }

  public func first<T>(_ sql: String, _ parameters: [SQLValue] = [], _ read: (Row) throws -> T) throws -> T? {
    try requireTime()
    let slot = try take(sql, parameters)
    defer { putBack(slot) }
    return try slot.statement.first(read)
  }

  /// Hands each row to `body` until it says false.
  public func each(_ sql: String, _ parameters: [SQLValue] = [], _ body: (Row) throws -> Bool) throws {
    try requireTime()
    let slot = try take(sql, parameters)
    defer { putBack(slot) }
    try slot.statement.each(body)
  }

  /// A statement for the caller to keep and bind by hand: for loops over many rows.
  public func prepare(_ sql: String) throws(SQLError) -> Statement {
    try Statement(sql, handle: handle, persistent: true)
  }

  public var lastInsertedRow: Int64 { handle.database.map { sqlite3_last_insert_rowid($0) } ?? 0 }

  /// Opens anew, then closes the old: after a failed write nothing of the old connection's state is trusted. In this
  /// order the log's index in shared memory outlives it, and with it the knowledge that the failed write is void.
  public func reopen() throws(SQLError) {
    let fresh = try Connection.open(path, mode, settings)
    close()
    handle = fresh
    watchLog()
    watchRows()
    generation += 1
  }

  /// Ends the connection; an open transaction is rolled back. The last one to close a file checkpoints it and removes
  /// the log, unless it `keepsLog`.
  public func close(keepsLog: Bool = false) {
    if keepsLog { csqlite_db_config_switch(handle.database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1) }
    cache.removeAll()
    queries.removeAll()
    abandonTransaction()
    handle.close()
  }

  private func take(_ sql: String, _ parameters: [SQLValue]) throws(SQLError) -> StatementCache.Slot {
    let slot: StatementCache.Slot
    if let kept = cache.take(sql) { slot = kept } else { slot = cache.keep(try prepare(sql), sql) }
    guard slot.statement.parameterCount == parameters.count else {
      slot.isBusy = false
      throw .misuse("expected \(slot.statement.parameterCount) parameters, got \(parameters.count) for: \(sql)")
    }
    for (index, value) in parameters.enumerated() { slot.statement.bind(index + 1, value) }
    return slot
  }

  private func putBack(_ slot: StatementCache.Slot) {
    slot.isBusy = false
    if slot.statement.parameterCount > 0, slot.statement.handle === handle { slot.statement.clear() }
  }

  /// Follows the log's growth. The hook takes the place of SQLite's own checkpoints inside a commit: the writer
  /// makes them after it has answered.
  private func watchLog() {
    logPages = 0
    guard mode == .writer else { return }
    let context = Unmanaged.passUnretained(self).toOpaque()
    sqlite3_wal_hook(
      handle.database,
      { context, _, _, pages in
        if let context { Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().logPages = Int(pages) }
        return SQLITE_OK
      }, context)
  }
}
