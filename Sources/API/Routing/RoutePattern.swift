/// A path with places: `/v1/contacts/{id}/timeline`. A place takes one segment that is an identifier; the place `{token}`
/// may be longer, since signed links carry what they stand for. A place may have a suffix, `/t/o/{token}.gif`.
public struct RoutePattern: Sendable, Hashable, ExpressibleByStringLiteral {
  enum Segment: Sendable, Hashable {
    case literal(String)
    case place(name: String, suffix: String)
  }

  public let text: String
  let segments: [Segment]

  public init(stringLiteral text: String) { self.init(text) }

  public init(_ text: String) {
    self.text = text
    segments = text.split(separator: "/").map { Self.segment(String($0)) }
  }

  private static func segment(_ text: String) -> Segment {
    guard text.hasPrefix("{"), let end = text.firstIndex(of: "}") else { return .literal(text) }
    return .place(name: String(text[..<end].dropFirst()), suffix: String(text[text.index(after: end)...]))
  }
}

/// What a path may call a thing by.
enum Identifier {
  static let maxBytes = 128
  static let maxTokenBytes = 4096
  static let expectation = "letters, digits and . _ - : @ +, at most \(maxBytes) bytes, but not . or .. alone"

  static func isGood(_ text: String, maxBytes: Int = maxBytes) -> Bool {
    !text.isEmpty && text.utf8.count <= maxBytes && text.utf8.allSatisfy(isPart) && text != "." && text != ".."
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "@"),
      UInt8(ascii: "+"):
      true
    default: false
    }
  }
}
