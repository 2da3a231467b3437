import Foundation
import Glibc

/// What changes as the file grows: the rate of intake with the engine keeping pace, latencies, memory, disk, starts, scrapes;
/// all of the server itself, over HTTP. `--events N` says how far, ten million by default; a fifth as many contacts.
struct GrowthBenchmark {
  let seconds: Double
  let events: Int

  private var contacts: Int { events / 5 }
  /// Of the small file that the great one is compared with.
  private static let few = 100_000

  func run() throws {
    print("growth to \(events) events of \(contacts) contacts:")
    try fresh { server in _ = try load("empty file, most events make a contact", server, contacts: contacts) }
    let before = try small("small file, \(Self.few) contacts known")
    let server = try ServedFolder()
    defer { server.close() }
    var bytes = try grow(server)
    let after = try load("\(events) events", server, contacts: contacts)
    bytes += after.bytes
    let again = try small("small file once more")
    print(
      String(
        format: "  of the small file's rates: %.2f one by one, %.2f in batches",
        2 * after.single / (before.single + again.single), 2 * after.batched / (before.batched + again.batched)))
    try scrapes(of: server, "beside the load", contacts)
    server.leave()
    print(
      String(format: "  disk: %.2f times the JSON (%d MB)", Double(server.bytes) / Double(bytes), server.bytes >> 20))
    try starts(on: server.folder)
  }

  private func fresh<T>(_ body: (ServedFolder) throws -> T) throws -> T {
    let server = try ServedFolder()
    defer { server.close() }
    return try body(server)
  }

  private func small(_ name: String) throws -> Loads {
    try fresh { server in
      let people = stride(from: 0, to: Self.few, by: 1000).map { first in
        (first..<first + 1000).reduce(into: [UInt8]()) { $0 += BenchWorld.body(contact: $1) + [10] }
      }
      _ = try Clients(port: server.port, connections: 2).run(.made(people), seconds: 600)
      try server.drain()
      return try load(name, server, contacts: Self.few)
    }
  }

  /// - Returns: bytes of the events.
  private func grow(_ server: ServedFolder) throws -> Int {
    var bytes = 0
    for tenth in 1...10 {
      let begun = ContinuousClock.now
      for _ in 0..<max(1, events / 10 / 100_000) {
        let bodies = (0..<min(100, events / 10_000)).map { _ in BenchWorld.batch(contacts: contacts) }
        bytes += bodies.reduce(0) { $0 + $1.count }
        _ = try Clients(port: server.port, connections: 2).run(.made(bodies), seconds: 600)
      }
      try server.drain()
      let elapsed = (ContinuousClock.now - begun).milliseconds / 1000
      print(
        "  at \(events / 10 * tenth): \(Int(Double(events / 10) / elapsed)) events/s in batches, \(server.memory) MB")
    }
    return bytes
  }

  private struct Loads {
    /// Events a second.
    let single: Double
    let batched: Double
    let bytes: Int
  }

  /// Medians of three rounds, in turns.
  private func load(_ name: String, _ server: ServedFolder, contacts: Int) throws -> Loads {
    var (single, batched, latencies): ([Double], [Double], [Double]) = ([], [], [])
    var lags: [String] = []
    var bytes = 0
    for _ in 0..<3 {
      let before = try server.metrics()
      let load = try Clients(port: server.port, connections: 64)
        .run(.single(contacts: contacts), seconds: max(5, seconds))
      let after = try server.metrics()
      lags.append(after.bound(of: 0.99, "zveno_decision_lag_seconds", since: before))
      try server.drain()
      single.append(load.rate)
      latencies += load.latencies
      let bodies = (0..<100).map { _ in BenchWorld.batch(contacts: contacts) }
      let burst = try Clients(port: server.port, connections: 4).run(.made(bodies), seconds: 600)
      batched.append(burst.rate * 1000)
      bytes += bodies.reduce(0) { $0 + $1.count } + load.latencies.count * bodies[0].count / 1000
      try server.drain()
    }
    Figure(name: "  \(name), one by one", unit: "events/s").show(single)
    print("    \(Clients.percentiles(latencies)); acceptance to decision, p99: \(lags.joined(separator: ", "))")
    Figure(name: "  \(name), in batches of 1,000", unit: "events/s").show(batched)
    return Loads(single: single.sorted()[1], batched: batched.sorted()[1], bytes: bytes)
  }

  // MARK: - The great folder

  private func scrapes(of server: ServedFolder, _ when: String, _ contacts: Int? = nil) throws {
    let load = contacts.map { contacts in
      let thread = Thread {
        _ = try? Clients(port: server.port, connections: 64).run(.single(contacts: contacts), seconds: 3)
      }
      thread.start()
      return thread
    }
    defer { while load?.isFinished == false { usleep(10_000) } }
    var times: [Double] = []
    for _ in 0..<100 {
      times.append(try timed { try server.ask("GET", "/metrics") } * 1000)
      usleep(10_000)
    }
    times.sort()
    print(
      String(format: "  GET /metrics %@: median %.2f ms, most %.2f ms, a connection each", when, times[50], times[99]))
  }

  /// In good order, and after a death under load; from what the kernel has in memory and, where one may, from the disk.
  private func starts(on folder: URL) throws {
    var server = try ServedFolder(folder)
    tell("after a stop", server)
    try scrapes(of: server, "at rest")
    _ = try Clients(port: server.port, connections: 64).run(.single(contacts: contacts), seconds: max(5, seconds))
    server.kill()
    server = try ServedFolder(folder)
    tell("after kill -9 under load", server)
    server.kill()
    sync()
    guard (try? Data("3".utf8).write(to: URL(fileURLWithPath: "/proc/sys/vm/drop_caches"))) != nil else {
      return print("  a start with nothing in memory: skipped, only root may empty the kernel's caches")
    }
    server = try ServedFolder(folder)
    tell("with nothing of it in memory", server)
    server.kill()
  }

  private func tell(_ when: String, _ server: ServedFolder) {
    print(String(format: "  ready %@: after %.2f s, %d MB", when, server.secondsUntilReady, server.memory))
  }
}
