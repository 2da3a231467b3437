import Domain
import JSON

/// A text with values of a message in it: `Bearer {{secret.KEY}}`, `/send?to={{to}}`.
struct TextTemplate: Sendable, Hashable {
  enum Piece: Sendable, Hashable {
    /// As the configuration has it.
    case literal(String)
    /// A secret or another value known at start, not printed; escaped where values are.
    case constant(Secret)
    case slot(Placeholder)
  }

  let pieces: [Piece]

  var slots: [Placeholder] {
    pieces.compactMap { if case .slot(let slot) = $0 { slot } else { nil } }
  }

  /// The one placeholder that it is, with nothing around it.
  var single: Placeholder? {
    if pieces.count == 1, case .slot(let slot) = pieces[0] { slot } else { nil }
  }

  /// The text with its values; `escape` is for them alone.
  func filled(
    of message: OutgoingMessage, escape: (String) -> String = { $0 }
  ) throws(Unfillable) -> String {
    var text = ""
    for piece in pieces {
      switch piece {
      case .literal(let literal): text += literal
      case .constant(let constant): text += escape(constant.text)
      case .slot(let slot): text += escape(Self.plain(try slot.value(of: message)))
      }
    }
    return text
  }

  /// Its text where no placeholder is left; `stand` in the place of each otherwise.
  func filled(slotsAs stand: String, escape: (String) -> String = { $0 }) -> String {
    pieces.map { piece in
      switch piece {
      case .literal(let literal): literal
      case .constant(let constant): escape(constant.text)
      case .slot: stand
      }
    }.joined()
  }

  /// A value inside a text: strings bare, null as nothing, anything else as JSON.
  private static func plain(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text
    case .null: ""
    case .bool, .number, .array, .object: value.text
    }
  }
}

extension TextTemplate {
  /// What is wrong with a template.
  enum Mistake: Error, Equatable {
    case unclosed
    case unknown(String)
    case missingSecret(String)
    case noSender
  }

  /// Reads `{{name}}`; `{{secret.NAME}}` and `{{from}}` become constants by `known`.
  init(_ text: String, known: KnownValues) throws(Mistake) {
    var pieces: [Piece] = []
    var rest = text[...]
    while let open = rest.firstRange(of: "{{") {
      if open.lowerBound > rest.startIndex { pieces.append(.literal(String(rest[..<open.lowerBound]))) }
      rest = rest[open.upperBound...]
      guard let close = rest.firstRange(of: "}}") else { throw .unclosed }
      let name = rest[..<close.lowerBound].filter { $0 != " " }
      pieces.append(try Self.piece(String(name), known: known))
      rest = rest[close.upperBound...]
    }
    if !rest.isEmpty { pieces.append(.literal(String(rest))) }
    self.pieces = pieces
  }

  private static func piece(_ name: String, known: KnownValues) throws(Mistake) -> Piece {
    if name == "from" {
      guard let from = known.from else { throw .noSender }
      return .constant(Secret(from))
    }
    let secretPrefix = "secret."
    if name.hasPrefix(secretPrefix) {
      let secret = String(name.dropFirst(secretPrefix.count))
      guard let value = known.secret(secret) else { throw .missingSecret(secret) }
      return .constant(Secret(value))
    }
    guard let slot = Placeholder(name) else { throw .unknown(name) }
    return .slot(slot)
  }
}

/// The values that templates may name and that are known at start.
final class KnownValues {
  let from: String?
  private let lookUp: (String) -> String?
  /// What must not be shown to anybody: every secret that was asked for.
  private(set) var secrets: Set<String> = []

  init(from: String?, secret: @escaping (String) -> String?) { (self.from, lookUp) = (from, secret) }

  /// Nil when it is not set or empty.
  func secret(_ name: String) -> String? {
    guard let value = lookUp(name), !value.isEmpty else { return nil }
    secrets.insert(value)
    return value
  }
}
