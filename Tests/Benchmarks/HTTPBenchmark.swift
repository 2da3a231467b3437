import Foundation

/// Events accepted a second over real sockets: 64 keep-alive connections, one event a POST, a 202 after the commit.
struct HTTPBenchmark {
  let seconds: Double

  func run() throws {
    var latencies: [Double] = []
    var lags: [String] = []
    try Figure(name: "events accepted over HTTP, 64 connections, engine beside", unit: "events/s").measure {
      let world = try BenchWorld()
      defer { world.close() }
      let load = try HTTPLoad(world: world, connections: 64, contacts: 100_000).run(seconds: seconds)
      latencies += load.latencies
      try lags.append("\(world.lags.bound(of: 0.99)), \(world.unread()) left")
      return (load.latencies.count, load.seconds)
    }
    print("  " + HTTPLoad.percentiles(latencies))
    print("  acceptance to decision, p99 of each round: " + lags.joined(separator: "; "))
  }
}
