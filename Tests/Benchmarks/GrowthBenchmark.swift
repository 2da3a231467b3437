import Engine
import Foundation
import Glibc
import Ingest
import SQL
import Synchronization

/// What changes as the file grows: the rate of intake with the engine keeping pace, latencies, start-up, memory, disk.
/// `--events N` says how far, ten million by default; a fifth as many contacts.
struct GrowthBenchmark {
  let seconds: Double
  let events: Int
  private static let perBatch = 1000

  func run() throws {
    print("growth to \(events) events of \(events / 5) contacts, engine beside:")
    var world = try BenchWorld()
    let folder = world.folder
    defer { try? FileManager.default.removeItem(at: folder) }
    let before = try load("empty file", world)
    let perEvent = BenchWorld.body(contact: events / 10).count
    let step = max(Self.perBatch, events / 10)
    var (done, bytes) = (0, before.batchBytes)
    while done < events {
      let elapsed = try timed {
        for _ in 0..<step / Self.perBatch { bytes += try batch(world) }
        try world.drain()
      }
      done += step
      print("  at \(done): \(Int(Double(step) / elapsed)) events/s in batches, \(Self.memory()) MB")
    }
    let after = try load("\(done) events", world)
    print(
      String(
        format: "  of the empty file's rates: %.2f one by one, %.2f in batches", after.single / before.single,
        after.batched / before.batched))
    world.leave()
    let size = try Self.bytes(of: world.path)
    bytes += (before.singles + after.singles) * perEvent + after.batchBytes
    print(String(format: "  disk: %.2f times the JSON (%d MB)", Double(size) / Double(bytes), size >> 20))
    let start = try timed { world = try BenchWorld(in: folder) }
    print(String(format: "  start-up: %.2f s, then %d MB", start, Self.memory()))
    world.leave()
    try ServedFolder.measure(folder)
  }

  private struct Loads {
    /// Events a second.
    let single: Double
    let batched: Double
    let singles: Int
    let batchBytes: Int
  }

  /// Medians of three rounds, in turns.
  private func load(_ name: String, _ world: BenchWorld) throws -> Loads {
    var (single, batched, latencies): ([Double], [Double], [Double]) = ([], [], [])
    var (bytes, left) = (0, 0)
    let perRound = min(100, max(1, events / 10 / Self.perBatch))
    for _ in 0..<3 {
      let load = try HTTPLoad(world: world, connections: 64, contacts: events / 5).run(seconds: max(5, seconds))
      single.append(load.rate)
      latencies += load.latencies
      left = max(left, try world.unread())
      try world.drain()
      let elapsed = try timed { for _ in 0..<perRound { bytes += try batch(world) } }
      batched.append(Double(perRound * Self.perBatch) / elapsed)
      try world.drain()
    }
    Figure(name: "  \(name), one by one over HTTP", unit: "events/s").show(single)
    print("    \(HTTPLoad.percentiles(latencies)), at most \(left) unread at the end")
    print("    acceptance to decision, p99 since the beginning: \(world.lags.bound(of: 0.99))")
    Figure(name: "  \(name), in batches of 1,000", unit: "events/s").show(batched)
    return Loads(
      single: single.sorted()[1], batched: batched.sorted()[1], singles: latencies.count, batchBytes: bytes)
  }

  /// - Returns: bytes of the events.
  private func batch(_ world: BenchWorld) throws -> Int {
    let body = (0..<Self.perBatch).map { _ in BenchWorld.body(contact: .random(in: 0..<events / 5)) }
      .reduce(into: [UInt8]()) { $0 += $1 + [10] }
    let done = DispatchSemaphore(value: 0)
    let failure = Mutex<(any Error)?>(nil)
    world.intake.accept(body, .lines) { result in
      if case .failure(let error) = result { failure.withLock { $0 = error } }
      done.signal()
    }
    done.wait()
    if let failure = failure.withLock({ $0 }) { throw failure }
    return body.count
  }

  /// Resident memory of this process in MB.
  static func memory() -> Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
    return (pages.flatMap { Int($0[1]) } ?? 0) * 4 / 1024
  }

  private static func bytes(of path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.size] as? Int) ?? 0
  }
}
