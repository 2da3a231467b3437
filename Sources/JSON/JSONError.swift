/// Why a text is not the JSON we take. Syntax, bad UTF-8, lone surrogates, duplicate keys and depth alike.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  public let location: JSONLocation
  /// What should have stood there, as a phrase: "a value".
  public let expected: String
  /// What stood there, as a phrase: "end of text".
  public let got: String

  public init(location: JSONLocation, expected: String, got: String) {
    self.location = location
    self.expected = expected
    self.got = got
  }

  public var description: String {
    "line \(location.line), column \(location.column): expected \(expected), got \(got)"
  }
}
