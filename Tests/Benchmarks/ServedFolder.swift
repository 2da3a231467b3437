import Foundation
import Glibc
import SQL

/// The server itself, in a process of its own, on a folder; reached over HTTP as everybody reaches it.
final class ServedFolder: Sendable {
  static let key = "zv_benchmark_on_loopback_only"

  let folder: URL
  let port: UInt16
  /// From its start until `/readyz` said so.
  let secondsUntilReady: Double
  private let program: Program

  struct NotBuilt: Error, CustomStringConvertible {
    var description: String { "zveno is not beside this program: swift build -c release --product zveno" }
  }

  struct NotReady: Error {}

  struct Refused: Error { let answer: String }

  /// - Parameters:
  ///   - folder: nil: a new one in the temporary folder.
  ///   - config: the configuration, JSON.
  init(_ folder: URL? = nil, config: String = "{}") throws {
    guard let zveno = Program.sibling("zveno") else { throw NotBuilt() }
    self.folder = folder ?? Self.temporary()
    try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    let file = self.folder.appending(path: "bench.json")
    try Data(config.utf8).write(to: file)
    setenv("ZVENO_ADMIN_KEY", Self.key, 1)
    let port = try Program.freePort()
    self.port = port
    let begun = ContinuousClock.now
    let words = [
      "serve", "--data", self.folder.path, "--listen", "127.0.0.1:\(port)", "--config", file.path, "--log-level",
      "error",
    ]
    program = try Program(zveno, words, quiet: true)
    while ClientSocket(port: port)?.ask("GET", "/readyz").hasPrefix("HTTP/1.1 200") != true {
      guard ContinuousClock.now - begun < .seconds(60) else {
        program.stop()
        throw NotReady()
      }
      usleep(2_000)
    }
    secondsUntilReady = (ContinuousClock.now - begun).milliseconds / 1000
  }

  /// Of a name that no other has; to be made.
  static func temporary() -> URL {
    FileManager.default.temporaryDirectory.appending(path: "zveno-bench-\(UUID().uuidString)")
  }

  /// The database of a folder that nobody serves, to be written without syncs.
  static func database(in folder: URL) throws -> Connection {
    try Connection(path: folder.appending(path: "zveno.sqlite").path, mode: .writer, durability: .off)
  }

  // MARK: - Its end

  /// In good order; the folder stays.
  func leave() { program.end() }

  /// At once, as when the machine takes it.
  func kill() { program.stop() }

  /// The folder goes too.
  func close() {
    kill()
    try? FileManager.default.removeItem(at: folder)
  }

  // MARK: - What it is asked

  /// A copy acts only when a person has said so.
  func release() throws { try run(["release", "--yes"]) }

  func backUp(to file: String) throws { try run(["backup", "--force", file]) }

  private func run(_ words: [String]) throws {
    guard let zveno = Program.sibling("zveno") else { throw NotBuilt() }
    try Program(zveno, words + ["--url", "http://127.0.0.1:\(port)"], quiet: true).wait()
  }

  @discardableResult
  func ask(_ method: String, _ path: String, _ body: String = "") throws -> String {
    guard let answer = ClientSocket(port: port)?.ask(method, path, Array(body.utf8)),
      answer.hasPrefix("HTTP/1.1 2")
    else { throw Refused(answer: "\(method) \(path)") }
    return answer
  }

  func metrics() throws -> Scrape { Scrape(try ask("GET", "/metrics")) }

  /// Until no event waits to be read.
  func drain() throws {
    while try metrics().sum("zveno_engine_unread_events") > 0 { usleep(10_000) }
  }

  // MARK: - What it takes

  /// Resident, in MB.
  var memory: Int { residentMegabytes(of: program.id) }

  /// Of the processor so far, in user and system mode, all threads.
  var processorSeconds: Double {
    let text = (try? String(contentsOfFile: "/proc/\(program.id)/stat", encoding: .utf8)) ?? ""
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Of the database with its log.
  var bytes: Int {
    ["", "-wal"].reduce(0) { sum, end in
      let path = folder.appending(path: "zveno.sqlite" + end).path
      return sum + ((try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0)
    }
  }
}

/// What `/metrics` said.
struct Scrape {
  private let samples: [(name: Substring, labels: Substring, value: Double)]

  init(_ answer: String) {
    samples = answer.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ")
      guard parts.count == 2, let value = Double(parts[1]) else { return nil }
      let name = parts[0].prefix { $0 != "{" }
      return (name, parts[0].dropFirst(name.count), value)
    }
  }

  /// Over all labels.
  func sum(_ name: String) -> Double { samples.reduce(0) { $0 + ($1.name == name ? $1.value : 0) } }

  /// The bound of the bucket in which that share of what was observed since an earlier scrape lies.
  func bound(of share: Double, _ histogram: String, since earlier: Scrape) -> String {
    let counts = zip(buckets(histogram), earlier.buckets(histogram)).map { ($0.bound, $0.count - $1.count) }
    let wanted = share * (counts.last?.1 ?? 0)
    guard let bound = counts.first(where: { $0.1 >= wanted })?.0 else { return "unknown" }
    return "<= \(bound) s"
  }

  /// Of one label's value.
  func value(_ name: String, _ label: String, _ value: String) -> Double {
    samples.reduce(0) { $0 + ($1.name == name && $1.labels.contains("\(label)=\"\(value)\"") ? $1.value : 0) }
  }

  private func buckets(_ name: String) -> [(bound: Substring, count: Double)] {
    samples.compactMap { sample in
      guard sample.name == name + "_bucket", let start = sample.labels.firstRange(of: "le=\"")?.upperBound else {
        return nil
      }
      return (sample.labels[start...].prefix { $0 != "\"" }, sample.value)
    }
  }
}
