public import SQL

/// The text that Prometheus scrapes (exposition format 0.0.4). One writer for all: it escapes, and it writes the head of
/// a family once. Label values come from closed sets, never from a request.
public struct MetricsText: Sendable {
  public static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  public enum Kind: String, Sendable {
    case counter, gauge, histogram
    /// For a name that says more than the figure holds.
    case untyped
  }

  public private(set) var bytes: [UInt8] = []

  public init() {}

  /// The head of a family; its samples follow at once.
  public mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    append("# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n")
  }

  public mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Int) {
    sample(name, labels, text: String(value))
  }

  public mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Int64) {
    sample(name, labels, text: String(value))
  }

  public mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
    sample(name, labels, text: Self.text(value))
  }

  /// One family with one sample.
  public mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
    family(name, kind, help)
    sample(name, [], value)
  }

  /// The samples of one histogram, in seconds.
  public mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: Histogram) {
    for bucket in histogram.cumulative {
      sample(name + "_bucket", labels + [("le", Self.text(bucket.bound))], bucket.count)
    }
    sample(name + "_bucket", labels + [("le", "+Inf")], histogram.count)
    sample(name + "_sum", labels, histogram.sumSeconds)
    sample(name + "_count", labels, histogram.count)
  }

  private mutating func sample(_ name: String, _ labels: [(String, String)], text: String) {
    append(name)
    if !labels.isEmpty {
      append("{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1, quotes: true))\"" }.joined(separator: ",") + "}")
    }
    append(" " + text + "\n")
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
