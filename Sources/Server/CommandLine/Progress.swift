import Glibc

/// How far long work is, on stderr: one line with a bar that is written over, where somebody watches a terminal; a line
/// every few seconds where a log is kept, none for what is over before.
final class Progress {
  private static let pauseMilliseconds: Int64 = 5_000
  private static let drawMilliseconds: Int64 = 80
  private static let cells = 24

  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let isTold: Bool
  private var last = ""
  private var written: Int64

  /// - Parameter told: false: on a terminal alone; scripts that read JSON often take both streams.
  init(_ first: String = "", told: Bool = true) {
    isTold = told
    written = SystemClock.monotonic()
    if isTerminal, !first.isEmpty { draw(first) }
  }

  /// - Parameters:
  ///   - done: of `total`; below 1 nobody knows how much there is.
  ///   - text: of a figure; bytes by default.
  func show(_ what: String, _ done: Int64, of total: Int64, _ text: (Int64) -> String = Progress.size) {
    guard isDue(done == total) else { return }
    guard total > 0 else { return write("\(what): \(text(done))") }
    let share = min(max(Double(done) / Double(total), 0), 1)
    let figures = "\(Int(share * 100)) % of \(text(total))"
    write(isTerminal ? "\(what) \(Self.bar(share)) \(figures)" : "\(what): \(figures)")
  }

  func show(_ what: String) { if isDue(true) { write(what) } }

  /// The line is free for what comes next.
  func end() {
    if isTerminal, !last.isEmpty { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
    last = ""
  }

  private func isDue(_ isMarked: Bool) -> Bool {
    let passed = SystemClock.monotonic() - written
    return isTerminal ? isMarked || passed >= Self.drawMilliseconds : passed >= Self.pauseMilliseconds
  }

  private func write(_ line: String) {
    guard line != last else { return }
    written = SystemClock.monotonic()
    if isTerminal { draw(line) } else if isTold { Terminal.error(line) }
    last = line
  }

  private func draw(_ line: String) {
    last = line
    Terminal.write("\r\u{1B}[K" + line, to: STDERR_FILENO)
  }

  private static func bar(_ share: Double) -> String {
    let full = Int(share * Double(cells))
    return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: cells - full) + "]"
  }

  static func size(_ bytes: Int64) -> String {
    let units: [(name: String, bytes: Int64)] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)]
    guard let unit = units.first(where: { bytes >= $0.bytes }) else { return "\(bytes) B" }
    return "\(bytes / unit.bytes).\(bytes % unit.bytes * 10 / unit.bytes) \(unit.name)"
  }
}
