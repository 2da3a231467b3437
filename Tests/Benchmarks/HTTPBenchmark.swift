import Foundation

/// Events accepted a second over real sockets: 64 keep-alive connections, one event a POST, a 202 after the commit.
struct HTTPBenchmark {
  let seconds: Double

  func run() throws {
    var latencies: [Double] = []
    try Figure(name: "events accepted over HTTP, 64 connections, engine beside", unit: "events/s").measure {
      let world = try BenchWorld()
      defer { world.close() }
      let load = try HTTPLoad(world: world, connections: 64, contacts: 100_000).run(seconds: seconds)
      latencies += load.latencies
      return (load.latencies.count, load.seconds)
    }
    print("  " + HTTPLoad.percentiles(latencies))
  }
}
