import Foundation
import SQL
import Synchronization

/// What the day's other work costs those who post events: a backup, and retention that deletes; in turns with nothing
/// beside them, on copies of one folder. `--events N` says how much lies in it, a million by default.
struct BesideBenchmark {
  let seconds: Double
  let events: Int
  private static let contacts = 100_000

  private enum Work: CaseIterable {
    case nothing, backup, retention

    var name: String {
      switch self {
      case .nothing: "nothing beside it"
      case .backup: "backups, one after another"
      case .retention: "retention deletes"
      }
    }
  }

  func run() throws {
    print("intake with other work beside it, \(events) events of 30 days ago in the file:")
    let template = try old()
    defer { try? FileManager.default.removeItem(at: template) }
    var rates: [Work: [Double]] = [:]
    var latencies: [Work: [Double]] = [:]
    for _ in 0..<3 {
      for work in Work.allCases {
        let load = try measure(work, template)
        rates[work, default: []].append(load.rate)
        latencies[work, default: []] += load.latencies
      }
    }
    for work in Work.allCases {
      Figure(name: "  \(work.name)", unit: "events/s").show(rates[work] ?? [])
      print("    " + Clients.percentiles(latencies[work] ?? []))
    }
  }

  /// A folder whose events are all older than what is kept.
  private func old() throws -> URL {
    let server = try ServedFolder()
    for _ in 0..<max(1, events / 100_000) {
      let bodies = (0..<100).map { _ in BenchWorld.batch(min(1000, events / 100), contacts: Self.contacts) }
      _ = try Clients(port: server.port, connections: 2).run(.made(bodies), seconds: 600)
    }
    try server.drain()
    server.leave()
    let db = try ServedFolder.database(in: server.folder)
    defer { db.close() }
    let age = 30 * 86_400_000
    try db.run("UPDATE events SET accepted_at = accepted_at - \(age), at = at - \(age)")
    for table in ["timeline", "fresh_timeline"] { try db.run("UPDATE \(table) SET at = at - \(age)") }
    return server.folder
  }

  private func measure(_ work: Work, _ template: URL) throws -> Clients.Result {
    let folder = ServedFolder.temporary()
    try FileManager.default.copyItem(at: template, to: folder)
    sync()
    let server = try ServedFolder(folder, config: work == .retention ? #"{"retention":{"events":"7d"}}"# : "{}")
    defer { server.close() }
    try server.release()
    let size = server.bytes
    let isOver = Mutex(false)
    let backups = DispatchGroup()
    if work == .backup {
      backups.enter()
      Thread {
        let file = server.folder.appending(path: "backup.sqlite").path
        while !isOver.withLock({ $0 }) { try? server.backUp(to: file) }
        backups.leave()
      }.start()
    }
    let load = try Clients(port: server.port, connections: 64)
      .run(.single(contacts: Self.contacts), seconds: max(10, seconds))
    isOver.withLock { $0 = true }
    backups.wait()
    if work == .retention {
      let metrics = try server.metrics()
      let deleted = Int(metrics.value("zveno_retention_deleted_total", "kind", "events"))
      let sizes = [size, server.bytes, Int(metrics.sum("zveno_store_free_bytes"))].map { $0 >> 20 }
      print(
        "  retention deleted \(deleted) events; the file: \(sizes[0]) MB, then \(sizes[1]) MB, \(sizes[2]) of them free"
      )
    }
    return load
  }
}
