import Glibc

/// The two streams people and scripts read. Writes what it can and never ends the process over a closed pipe.
enum Terminal {
  static func out(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

  static func error(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

  static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether errors go to a terminal that shows colours (no-color.org).
  static var takesColours: Bool {
    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    return isatty(STDERR_FILENO) == 1 && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"
  }

  /// In one call where the kernel allows it, so that lines of several threads do not mix.
  static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 {
        guard errno == EINTR else { return }
      } else {
        rest = rest.dropFirst(written)
      }
    }
  }
}
