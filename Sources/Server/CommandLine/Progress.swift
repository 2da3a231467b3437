import Glibc

/// One line that is written over, where somebody watches a terminal; nothing elsewhere.
final class Progress {
  private let isShown = isatty(STDERR_FILENO) == 1
  private var last = ""

  init(_ first: String) { write(first) }

  func show(_ what: String, _ done: Int64, of total: Int64) {
    let part = total > 0 ? "\(done * 100 / total) % of \(Self.size(total))" : Self.size(done)
    write("\(what): \(part)")
  }

  func show(_ what: String) { write(what) }

  /// The line is free for what comes next.
  func end() { if isShown { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) } }

  private func write(_ line: String) {
    guard isShown, line != last else { return }
    last = line
    Terminal.write("\r\u{1B}[K" + line, to: STDERR_FILENO)
  }

  static func size(_ bytes: Int64) -> String {
    let units: [(name: String, bytes: Int64)] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)]
    guard let unit = units.first(where: { bytes >= $0.bytes }) else { return "\(bytes) B" }
    return "\(bytes / unit.bytes).\(bytes % unit.bytes * 10 / unit.bytes) \(unit.name)"
  }
}
