import Foundation
import Glibc
import SQL
import Synchronization

/// Runs that wait, five million by default (`--runs N`): what they cost an idle server, and how fast a fiftieth of them,
/// due in one second, is worked off while events come in.
struct WaitingBenchmark {
  let seconds: Double
  let runs: Int
  private static let chains = 5
  private static let chain = #"{"enter":{"event":"signup"},"steps":[{"wait":"30d"},{"wait":"30d"},{"exit":"done"}]}"#

  func run() throws {
    let folder = try populate()
    defer { try? FileManager.default.removeItem(at: folder) }
    let idle = max(60, seconds)
    let first = BenchWorld.milliseconds() + Int64(idle * 1000) + 20_000
    let moments = (0..<3).map { first + $0 * Self.pause }
    for (number, moment) in moments.enumerated() { try fallDue(at: moment, number, folder) }
    // What was made without syncs is not to be paid for by the server.
    sync()
    let server = try ServedFolder(folder)
    defer { server.kill() }
    print(String(format: "  ready after %.2f s, %d MB", server.secondsUntilReady, server.memory))
    let (before, acted) = (server.processorSeconds, try Self.timers(server.metrics()))
    usleep(UInt32(idle * 1e6))
    let used = (server.processorSeconds - before) / idle * 100
    print(String(format: "  idle: %.2f %% of a core over %.0f s", used, idle))
    for (number, moment) in moments.enumerated() {
      try workOff(due: moment, until: acted + Double((number + 1) * (runs / 50)), server)
    }
  }

  /// Between one fall and the next.
  private static let pause: Int64 = 30_000

  /// A fiftieth, within one second.
  private func fallDue(at moment: Int64, _ number: Int, _ folder: URL) throws {
    let db = try ServedFolder.database(in: folder)
    defer { db.close() }
    let sql = "UPDATE runs SET due_at = $1 + id / 50 % 1000, step_due_at = $1 WHERE id % 50 = $2"
    try db.run(sql, [.int(moment), .int(Int64(number))])
  }

  /// Since the server's start.
  private static func timers(_ metrics: Scrape) -> Double { metrics.value("zveno_decisions_total", "cause", "timer") }

  private func workOff(due moment: Int64, until wanted: Double, _ server: ServedFolder) throws {
    while BenchWorld.milliseconds() < moment { usleep(10_000) }
    let done = DispatchSemaphore(value: 0)
    let isWorkedOff = Mutex(false)
    let load = Thread {
      do {
        let load = try Clients(port: server.port, connections: 64)
          .run(.single(contacts: 100_000), seconds: 600) { isWorkedOff.withLock { !$0 } }
        print("    events over HTTP meanwhile: \(Int(load.rate))/s, \(Clients.percentiles(load.latencies))")
      } catch { print("    events over HTTP meanwhile: \(error)") }
      done.signal()
    }
    load.start()
    var oldest = 0.0
    while true {
      let metrics = try server.metrics()
      oldest = max(oldest, metrics.sum("zveno_oldest_due_run_seconds"))
      if Self.timers(metrics) >= wanted { break }
      usleep(20_000)
    }
    isWorkedOff.withLock { $0 = true }
    let elapsed = Double(BenchWorld.milliseconds() - moment) / 1000
    print("  \(runs / 50) due in one second: worked off in \(elapsed) s, \(Int(Double(runs / 50) / elapsed))/s")
    print(String(format: "    the latest was %.1f s late", oldest))
    done.wait()
  }

  /// One contact enters each chain; his runs are then copied for all the others.
  private func populate() throws -> URL {
    let server = try ServedFolder()
    for number in 0..<Self.chains {
      try server.ask("PUT", "/v1/chains/chain-\(number)", Self.chain)
      try server.ask("POST", "/v1/chains/chain-\(number)/publish", "{}")
    }
    try server.ask("POST", "/v1/events", #"{"type":"signup","contact":{"id":"c1"}}"#)
    try server.drain()
    server.leave()
    let db = try ServedFolder.database(in: server.folder)
    let contacts = runs / Self.chains
    let elapsed = try timed {
      try copy("contacts", where: "id = 1", replacing: ["id": "n", "external_id": "'c' || n"], contacts, db)
      try copy("contact_keys", where: "contact = 1", replacing: ["contact": "n", "value": "'c' || n"], contacts, db)
      try copy(
        "runs", where: "contact = 1",
        replacing: ["id": nil, "contact": "n", "due_at": "due_at + n * 997", "step_due_at": "due_at + n * 997"],
        contacts, db)
    }
    db.close()
    print("waiting runs: \(runs), made in \(Int(elapsed)) s, \(server.bytes >> 20) MB on disk")
    return server.folder
  }

  /// Rows of a table once more for each number from 2 to `count`.
  private func copy(
    _ table: String, where condition: String, replacing: [String: String?], _ count: Int, _ db: Connection
  ) throws {
    let columns = try db.query("SELECT name FROM pragma_table_info('\(table)')", []) { $0.text(0) }
      .filter { replacing[$0] != .some(nil) }
    let values = columns.map { (replacing[$0] ?? nil) ?? "t.\"\($0)\"" }
    let names = columns.map { "\"\($0)\"" }.joined(separator: ", ")
    try db.transaction {
      _ = try db.run(
        """
        INSERT INTO \(table) (\(names))
        WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < \(count))
        SELECT \(values.joined(separator: ", ")) FROM numbers, \(table) t WHERE t.\(condition)
        """)
    }
  }
}
