public import Domain

/// The parameters that configuration adds to every tracked link: `{"utm_campaign": "{{chain}}"}`.
public struct UTM: Sendable {
  private enum Piece {
    case text(String)
    case chain, step, channel, template

    static let names = ["chain": Piece.chain, "step": .step, "channel": .channel, "template": .template]
  }

  private let parameters: [(name: String, value: [Piece])]

  /// Adds nothing, the default.
  public static let none = UTM(parameters: [])

  private init(parameters: [(name: String, value: [Piece])]) { self.parameters = parameters }

  /// The pointers of the issues begin with `/utm`.
  public init(_ parameters: [(name: String, value: String)]) throws(Refusal) {
    var issues: [Issue] = []
    self.parameters = parameters.map { parameter in
      if parameter.name.isEmpty || !parameter.name.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || $0 == 95 })
      {
        issues.append(
          Issue(
            pointer: "/utm/" + parameter.name, code: .badValue,
            detail: "expected a name of letters, digits and `_`, got `\(parameter.name)`"))
      }
      return (parameter.name, Self.pieces(parameter.value, "/utm/" + parameter.name, &issues))
    }
    guard issues.isEmpty else { throw Refusal(issues) }
  }

  private static func pieces(_ value: String, _ pointer: String, _ issues: inout [Issue]) -> [Piece] {
    var pieces: [Piece] = []
    var rest = Array(value.utf8)[...]
    while let open = firstPair(UInt8(ascii: "{"), in: rest), let close = firstPair(UInt8(ascii: "}"), in: rest[open...])
    {
      let name = String(decoding: rest[(open + 2)..<close], as: UTF8.self).filter { $0 != " " }
      if let piece = Piece.names[name] {
        pieces += [.text(String(decoding: rest[..<open], as: UTF8.self)), piece]
      } else {
        issues.append(
          Issue(
            pointer: pointer, code: .unknownReference,
            detail: "expected {{chain}}, {{step}}, {{channel}} or {{template}}, got {{\(name)}}",
            hint: nearest(to: name, among: Piece.names.keys.sorted()).map { "did you mean {{\($0)}}?" }))
      }
      rest = rest[(close + 2)...]
    }
    return pieces + [.text(String(decoding: rest, as: UTF8.self))]
  }

  private static func firstPair(_ byte: UInt8, in bytes: ArraySlice<UInt8>) -> Int? {
    bytes.indices.first { $0 + 1 < bytes.endIndex && bytes[$0] == byte && bytes[$0 + 1] == byte }
  }

  /// Percent-encoded.
  func parameters(for message: TrackedMessage) -> [(name: String, value: String)] {
    parameters.map { parameter in
      let value = parameter.value.map { piece in
        switch piece {
        case .text(let text): text
        case .chain: message.chain
        case .step: message.step
        case .channel: message.channel
        case .template: message.template
        }
      }
      return (parameter.name, PercentEncoding.encoded(value.joined()))
    }
  }
}
