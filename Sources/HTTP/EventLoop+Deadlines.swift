import Synchronization

/// Time limits. Every connection is looked at a few times within the shortest limit: some fifty microseconds for ten
/// thousand of them, and nothing to keep in order meanwhile.
extension EventLoop {
  func enforceDeadline(_ connection: Connection) {
    guard connection.outbox.isEmpty else {
      if connection.takesTooLittle(limits, now: now) { cut(connection) }
      return
    }
    switch connection.stage {
    case .lingering:
      let isSilent = isOver(connection.phaseSince, limits.lingerSeconds)
      if isSilent || isOver(connection.lingersSince, limits.bodySeconds) { close(connection) }
    case .open where connection.reads: enforceReadDeadline(connection)
    case .open, .closing, .closed: break
    }
  }

  private func enforceReadDeadline(_ connection: Connection) {
    let since = connection.phaseSince
    switch connection.phase {
    case .idle: if connection.inFlight == 0, isOver(since, limits.idleSeconds) { close(connection) }
    case .head: if isOver(since, limits.headSeconds) { giveUp(connection, "head") }
    case .body: if isOver(since, limits.bodySeconds) { giveUp(connection, "body") }
    }
  }

  private func isOver(_ since: Int64, _ seconds: Double) -> Bool {
    Double(now - since) >= seconds * 1_000
  }

  func cut(_ connection: Connection) {
    counters.timeouts.add(1, ordering: .relaxed)
    close(connection)
  }

  private func giveUp(_ connection: Connection, _ part: String) {
    counters.timeouts.add(1, ordering: .relaxed)
    refuse(connection, problem(408, "expected the whole \(part) of the request in time"))
  }
}
