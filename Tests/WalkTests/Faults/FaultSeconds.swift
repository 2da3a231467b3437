import Testing

/// How long a fault of the host lasts. `ZVENO_FAULT_SECONDS=60` (`make faults SECONDS=60`) gives it its full length.
let faultSeconds = Double(Knob.number("ZVENO_FAULT_SECONDS") ?? 2)

/// How long a server stands still. `ZVENO_FAULT_STOPPED=600` (`make faults STOPPED=600`) gives it ten minutes.
let stoppedSeconds = Double(Knob.number("ZVENO_FAULT_STOPPED") ?? 2)

/// How often a fault is tried that is another each time: the next call that fails, another bit. `make faults DEPTH=60`.
let faultDepth = Knob.number("ZVENO_FAULT_DEPTH")

extension AxeWorld {
  /// The server outlives so much time, and says meanwhile how it is.
  func endure(seconds: Double = faultSeconds, answering: Bool = true) throws {
    let zveno = try #require(shop.zveno)
    #expect(zveno.end(seconds: seconds / 2) == nil, "it ended: \(zveno.written)")
    if answering { try checkPulse() }
    #expect(zveno.end(seconds: seconds / 2) == nil, "it ended: \(zveno.written)")
  }

  func checkPulse() throws {
    for path in ["/healthz", "/metrics"] { #expect(try shop.call("GET", path).status == 200, "\(path)") }
  }

  /// The server takes events again, and everything that clients ever sent comes to its end.
  func recover(_ load: Load) throws {
    let before = book.acknowledged.count
    try eventually("it takes events again") { book.acknowledged.count > before }
    load.end()
    try settle()
    try check()
  }
}
