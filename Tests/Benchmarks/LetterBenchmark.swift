import Channels
import Foundation
import JSON

/// Letters a second through the whole walk into a mail server, postfix's `smtp-sink` on loopback, and beside it what
/// postfix's own `smtp-source` brings into the same sink over as many connections.
struct LetterBenchmark {
  let letters: Int
  let connections: Int

  /// One where it takes minutes.
  private var rounds: Int { number(of: "--rounds", else: letters > 50_000 ? 1 : 3) }

  func run() throws {
    guard let sink = Program.path(of: "smtp-sink"), let source = Program.path(of: "smtp-source") else {
      return print("letters into smtp-sink: skipped, smtp-sink and smtp-source are not here (apt install postfix)")
    }
    var (ours, theirs, ratios, costs): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
    for _ in 0..<rounds {
      let server = try SinkServer(sink)
      defer { server.stop() }
      let sent = try send(to: server.port)
      ours.append(Double(letters) / sent.seconds)
      costs.append(sent.processorSeconds / Double(letters))
      theirs.append(Double(letters) / (try send(with: source, to: server.port)))
      ratios.append(ours[ours.count - 1] / theirs[theirs.count - 1])
    }
    let how = "\(connections) connections"
    Figure(name: "letters, due run to recorded, smtp-sink, \(how)", unit: "letters/s").show(ours)
    Figure(name: "smtp-source -d, letters as long, \(how)", unit: "letters/s").show(theirs)
    Figure(name: "of smtp-source", unit: "%").show(ratios.map { $0 * 100 })
    Figure(name: "processor a letter, the sink's not counted", unit: "us").show(costs.map { $0 * 1e6 })
  }

  private func send(to port: UInt16) throws -> (seconds: Double, processorSeconds: Double) {
    let block = """
      {"adapter": "smtp", "url": "smtp://127.0.0.1:\(port)", "from": "Shop <news@shop.example>",
       "connections": \(connections)}
      """
    let adapter = try Channels.adapter(
      from: JSONDocument(parsing: Array(block.utf8)).root, at: "", otherKeys: [], secret: { _ in nil },
      now: BenchWorld.milliseconds)
    let world = try BenchWorld(chains: [Letter.chain], template: Letter.template, email: adapter)
    defer { world.close() }
    try Letter.prepare(letters, in: world)
    let before = processorSeconds()
    let seconds = try Letter.send(letters, through: world)
    return (seconds, processorSeconds() - before)
  }

  /// Of its body: ours have 6,300 bytes on the wire, 300 of them header.
  private static let bytes = 6000

  private func send(with source: String, to port: UInt16) throws -> Double {
    let arguments = [
      "-d", "-s", "\(connections)", "-l", "\(Self.bytes)", "-m", "\(letters)", "-f", "news@shop.example", "-t",
      "c1@shop.example", "127.0.0.1:\(port)",
    ]
    return try timed { try Program(source, arguments).wait() }
  }
}

/// `smtp-sink`, listening.
final class SinkServer {
  let port: UInt16
  private let program: Program

  struct NotUp: Error {}

  init(_ path: String) throws {
    port = try Program.freePort()
    // It refuses to work for root, whose rights it needs for nothing.
    program = try Program(path, (getuid() == 0 ? ["-u", "nobody"] : []) + ["127.0.0.1:\(port)", "1000"])
    guard ClientSocket.isTaken(on: port) else {
      stop()
      throw NotUp()
    }
  }

  func stop() { program.stop() }
}
