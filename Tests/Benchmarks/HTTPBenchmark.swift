import Foundation

/// Events accepted a second by the server itself over real sockets, each answered after its commit: one event a POST on 64
/// keep-alive connections, then NDJSON of 1,000 on four. `--against HOST:PORT` gives another server that takes the same POSTs
/// of one event its turn after each of ours.
struct HTTPBenchmark {
  let seconds: Double
  let against: String?
  private static let contacts = 100_000

  func run() throws {
    try singles()
    try batches()
  }

  private func singles() throws {
    let other = against.flatMap { $0.split(separator: ":").last }.flatMap { UInt16($0) }
    var (ours, theirs, latencies): ([Double], [Double], [Double]) = ([], [], [])
    var lags: [String] = []
    for _ in 0..<Figure.rounds {
      let server = try ServedFolder()
      defer { server.close() }
      let before = try server.metrics()
      let load = try Self.post(to: server.port, seconds)
      ours.append(load.rate)
      latencies += load.latencies
      let after = try server.metrics()
      let lag = after.bound(of: 0.99, "zveno_decision_lag_seconds", since: before)
      lags.append("\(lag), \(Int(after.sum("zveno_engine_unread_events"))) left")
      if let other { theirs.append(try Self.post(to: other, seconds).rate) }
    }
    Figure(name: "events accepted over HTTP, 64 connections, engine beside", unit: "events/s").show(ours)
    print("  " + Clients.percentiles(latencies))
    print("  acceptance to decision, p99 of each round: " + lags.joined(separator: "; "))
    guard other != nil else { return }
    Figure(name: "  the other server, in turns", unit: "events/s").show(theirs)
    let ratios = zip(ours, theirs).map { $0 / $1 }.sorted()
    print(
      String(
        format: "  ours are %.2f times as many (%.2f … %.2f)", ratios[ratios.count / 2], ratios[0],
        ratios[ratios.count - 1]))
  }

  private static func post(to port: UInt16, _ seconds: Double) throws -> Clients.Result {
    try Clients(port: port, connections: 64).run(.single(contacts: contacts), seconds: seconds)
  }

  private func batches() throws {
    try Figure(name: "events accepted over HTTP, NDJSON of 1,000, 4 connections", unit: "events/s").measure {
      let server = try ServedFolder()
      defer { server.close() }
      let bodies = (0..<100).map { _ in BenchWorld.batch(contacts: Self.contacts) }
      let load = try Clients(port: server.port, connections: 4).run(.made(bodies), seconds: 600)
      return (load.latencies.count * 1000, load.seconds)
    }
  }
}
