import Glibc
import Synchronization

/// The two streams people and scripts read. Writes what it can and never ends the process over a closed pipe; a command
/// whose answer did not get out says so with its status.
enum Terminal {
  /// The first error of standard output; 0: none.
  private static let failure = Atomic<Int32>(0)

  static func out(_ line: String) {
    let error = write(line + "\n", to: STDOUT_FILENO)
    if error != 0 { _ = failure.compareExchange(expected: 0, desired: error, ordering: .relaxed) }
  }

  /// What a server says at its start: it outlives whoever reads it.
  static func show(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

  /// Throws where something of the answer could not be written.
  static func check() throws {
    let error = failure.load(ordering: .relaxed)
    guard error == 0 else {
      throw Refused("standard output cannot be written: \(String(cString: strerror(error)))", status: ExitStatus.found)
    }
  }

  static func error(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

  static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether errors go to a terminal that shows colours (no-color.org).
  static var takesColours: Bool {
    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    return isatty(STDERR_FILENO) == 1 && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"
  }

  /// In one call where the kernel allows it, so that lines of several threads do not mix.
  /// - Returns: the number of the error that cut it short; 0: all is written.
  @discardableResult
  static func write(_ text: String, to descriptor: Int32) -> Int32 {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 {
        guard errno == EINTR else { return errno }
      } else {
        rest = rest.dropFirst(written)
      }
    }
    return 0
  }
}
