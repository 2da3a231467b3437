/// Messages handed over a second: run due → planned → claimed → rendered → an adapter that answers at once → recorded.
struct DispatchBenchmark {
  let seconds: Double

  func run() throws {
    try Figure(name: "messages handed over, 5 KB letter, null adapter", unit: "messages/s").measure {
      let world = try BenchWorld(chains: [Letter.chain], template: Letter.template)
      defer { world.close() }
      let count = Int(3000 * min(seconds, 5))
      try Letter.prepare(count, in: world)
      return (count, try Letter.send(count, through: world))
    }
  }
}
