import ArgumentParser

/// What the process ends with; the numbers of sysexits.h, told in `zveno --help`.
enum ExitStatus {
  static let found = ExitCode(1)
  /// A plan would change something.
  static let changes = ExitCode(2)
  static let usage = ExitCode(64)
  static let unavailable = ExitCode(69)
  static let inside = ExitCode(70)
  static let configuration = ExitCode(78)
}

/// A start, or another command, that ends with one line on stderr.
struct Refused: Error {
  let status: ExitCode
  let line: String
  /// The call went out and its answer is lost: nobody here knows whether it was carried out.
  var mayBeDone = false

  init(_ line: String, status: ExitCode = ExitStatus.unavailable) {
    (self.line, self.status) = (line, status)
  }
}
