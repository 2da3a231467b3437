internal import CSQLite

/// What is to happen when the open transaction ends.
enum Settlement {
  case committing((Connection) throws(SQLError) -> Void)
  case committed(() -> Void)
  case rolledBack(() -> Void)
}

/// Transactions, and memory that follows them.
extension Connection {
  public var isInTransaction: Bool { handle.database.map { sqlite3_get_autocommit($0) == 0 } ?? false }

  public func requireTransaction() throws(SQLError) {
    guard isInTransaction else {
      throw SQLError(code: SQLITE_ABORT, message: "expected an open transaction, got none: SQLite has rolled it back")
    }
  }

  /// Takes the write lock at once, so that a transaction never fails in its middle for want of it. From here to its
  /// end no statement runs outside: one that SQLite rolled back by itself (a full disk) refuses the rest.
  public func begin() throws(SQLError) {
    try run("BEGIN IMMEDIATE")
    openScope()
    handle.promisesTransaction = true
  }

  public func commit() throws(SQLError) {
    try prepareCommit(from: 0)
    try run("COMMIT")
    handle.promisesTransaction = false
    settle(from: 0, committed: true)
  }

  /// Ends the transaction without its changes; no error if SQLite has done so already.
  public func rollback() {
    handle.promisesTransaction = false
    if isInTransaction { _ = try? run("ROLLBACK") }
    settle(from: 0, committed: false)
  }

  /// One transaction of its own: all of `body` or nothing of it.
  public func transaction<T>(_ body: () throws -> T) throws -> T {
    try begin()
    do {
      let result = try body()
      try commit()
      return result
    } catch {
      rollback()
      throw error
    }
  }

  /// Work that is undone alone when it throws. Outside of a transaction it is one (for readers: one view of the file).
  public func savepoint<T>(_ body: () throws -> T) throws -> T {
    let settled = settlements.count
    let name = "zveno_\(savepointDepth)"
    let outermost = !isInTransaction
    try run("SAVEPOINT \(name)")
    savepointDepth += 1
    let outer = scope
    openScope()
    defer {
      savepointDepth -= 1
      scope = outer
    }
    do {
      let result = try body()
      if outermost { try prepareCommit(from: settled) }
      try run("RELEASE \(name)")
      if outermost { settle(from: settled, committed: true) }
      return result
    } catch {
      defer { settle(from: settled, committed: false) }
      // After a full disk SQLite may have rolled back the whole transaction; then there is no savepoint to go back to.
      if isInTransaction {
        try run("ROLLBACK TO \(name)")
        try run("RELEASE \(name)")
      }
      throw error
    }
  }

  /// Called inside the transaction, right before it is committed: what is written once, however often it was changed.
  /// Not called if what has been written so far is rolled back.
  public func beforeCommit(_ action: @escaping (Connection) throws(SQLError) -> Void) {
    settlements.append(.committing(action))
  }

  /// Called once what has been written so far is committed; at once where no transaction is open.
  public func onCommit(_ action: @escaping () -> Void) {
    if isInTransaction { settlements.append(.committed(action)) } else { action() }
  }

  /// Called if what has been written so far is rolled back, with its savepoint or as a whole; the latest first.
  /// Memory that mirrors the file is put right here. Must not use the connection.
  public func onRollback(_ undo: @escaping () -> Void) {
    if isInTransaction { settlements.append(.rolledBack(undo)) }
  }

  /// For a connection about to close.
  func abandonTransaction() {
    handle.promisesTransaction = false
    settle(from: 0, committed: false)
  }

  private func openScope() {
    lastScope += 1
    scope = lastScope
  }

  private func prepareCommit(from first: Int) throws(SQLError) {
    var next = first
    // By index: an action may ask for `onCommit`.
    while next < settlements.count {
      if case .committing(let action) = settlements[next] { try action(self) }
      next += 1
    }
  }

  private func settle(from first: Int, committed: Bool) {
    if !committed { tellOfRollback() }
    guard settlements.count > first else { return }
    let due = settlements[first...]
    settlements.removeSubrange(first...)
    if committed {
      for case .committed(let action) in due { action() }
    } else {
      for case .rolledBack(let undo) in due.reversed() { undo() }
    }
  }
}
