import Domain
import Foundation
import Glibc
import Ingest
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
    let moment = BenchWorld.milliseconds() + Int64(idle * 1000) + 15_000
    try fallDue(at: moment, folder)
    // What was made without syncs is not to be paid for by the server.
    sync()
    let started = ContinuousClock.now
    let world = try BenchWorld(in: folder)
    defer { world.leave() }
    print("  start-up: \(ContinuousClock.now - started), \(GrowthBenchmark.memory()) MB")
    let before = processorSeconds()
    usleep(UInt32(idle * 1e6))
    print(
      String(format: "  idle: %.2f %% of a core over %.0f s", (processorSeconds() - before) / idle * 100, idle))
    try workOff(due: moment, world)
  }

  private func fallDue(at moment: Int64, _ folder: URL) throws {
    let db = try Connection(path: folder.appending(path: "zveno.sqlite").path, mode: .writer, durability: .off)
    defer { db.close() }
    try db.run("UPDATE runs SET due_at = $1 + id % 1000, step_due_at = $1 WHERE id % 50 = 0", [.int(moment)])
  }

  private func workOff(due moment: Int64, _ world: BenchWorld) throws {
    while BenchWorld.milliseconds() < moment { usleep(10_000) }
    let done = DispatchSemaphore(value: 0)
    let isWorkedOff = Mutex(false)
    let load = Thread {
      do {
        let load = try HTTPLoad(world: world, connections: 64, contacts: 100_000)
          .run(seconds: 600) { isWorkedOff.withLock { !$0 } }
        print("  events over HTTP meanwhile: \(Int(load.rate))/s, \(HTTPLoad.percentiles(load.latencies))")
      } catch { print("  events over HTTP meanwhile: \(error)") }
      done.signal()
    }
    load.start()
    while try world.isDue(before: moment + 1000) { usleep(20_000) }
    isWorkedOff.withLock { $0 = true }
    let elapsed = Double(BenchWorld.milliseconds() - moment) / 1000
    print("  \(runs / 50) due in one second: worked off in \(elapsed) s, \(Int(Double(runs / 50) / elapsed))/s")
    done.wait()
    print("  \(world.writer.metrics.times)")
  }

  /// One contact enters each chain; his runs are then copied for all the others.
  private func populate() throws -> URL {
    let world = try BenchWorld(chains: Array(repeating: Self.chain, count: Self.chains))
    let log = world.log
    try world.writer.perform { db, now in
      _ = try log.append([IncomingEvent(type: "signup", keys: ContactKeys(id: "c1"))], now: now, db)
    }
    try world.drain()
    world.leave()
    let db = try Connection(path: world.path, mode: .writer, durability: .off)
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
    let size = (try? FileManager.default.attributesOfItem(atPath: world.path)[.size] as? Int) ?? 0
    print("waiting runs: \(runs), made in \(Int(elapsed)) s, \(size >> 20) MB on disk")
    return world.folder
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
