import Domain
import Glibc
import JSON

/// What the blocks of several adapters have in common.
extension FieldReader {
  static let connectionRange: ClosedRange<Int64> = 1...256
  static let defaultConnections = 8

  mutating func connections() -> Int {
    int("connections", in: Self.connectionRange).flatMap { Int(exactly: $0) } ?? Self.defaultConnections
  }

  static let timeoutRange: ClosedRange<Int64> = 100...600_000
  static let defaultTimeout = 30_000

  /// Milliseconds for one hand-over, from connecting to the last byte of the answer.
  mutating func timeoutMilliseconds() -> Int {
    guard let text = string("timeout") else { return Self.defaultTimeout }
    guard let span = Span(text), span.months == 0, Self.timeoutRange.contains(span.approximateMilliseconds) else {
      refuse("timeout", .badValue, "expected 100ms to 10m, got \"\(text)\"", hint: "\"30s\"")
      return Self.defaultTimeout
    }
    return Int(span.approximateMilliseconds)
  }

  /// A file of certificates in PEM.
  mutating func certificates() -> String? {
    guard let path = string("ca", maxBytes: 4096) else { return nil }
    if access(path, R_OK) != 0 { refuse("ca", .badValue, "expected a file of certificates, cannot read \(path)") }
    return path
  }
}
