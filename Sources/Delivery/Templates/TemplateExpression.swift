import Domain

/// What stands inside a tag: a path, or functions around one: `money(trigger.total)`, `plusone(index())`.
struct TemplateExpression: Hashable, Sendable {
  enum Operand: Hashable, Sendable {
    /// `.`: the item of the list around.
    case item
    /// `contact.first_name`; never empty.
    case path([String])
    /// `index()`: about the place in the list around.
    case position(ListPosition)
  }

  var operand: Operand
  /// The innermost first.
  var transforms: [Transform]

  /// As it was written, without spaces: the same for a section and its end.
  var text: String
}

/// What can be asked about the place of an item in its list.
enum ListPosition: String, CaseIterable {
  /// From 0.
  case index
  case first, last, even, odd
}

extension TemplateExpression {
  /// What is wrong, and what to do about it.
  struct Mistake: Error, Equatable {
    var isUnknownName = false
    var detail: String
    var hint: String?
  }

  private static let maxTransforms = 8
  private static let maxComponents = 16

  /// Reads what is between the marks of a tag.
  init(_ written: String) throws(Mistake) {
    let text = written.filter { !$0.isWhitespace }
    if let mistake = Self.habit(written.trimmed) { throw mistake }
    guard !text.isEmpty else { throw Mistake(detail: "expected a name, got an empty tag") }
    var names: [Substring] = []
    var rest = Substring(text)
    while let open = rest.firstIndex(of: "(") {
      names.append(rest[..<open])
      rest = rest[rest.index(after: open)...]
    }
    let operand = rest.prefix { $0 != ")" }
    let closing = rest[operand.endIndex...]
    guard closing.allSatisfy({ $0 == ")" }), closing.count == names.count, names.count <= Self.maxTransforms,
      written.trimmed.split(whereSeparator: \.isWhitespace).count == 1 || !names.isEmpty
    else {
      throw Mistake(detail: "expected a name or function(name), got `\(written.trimmed.prefix(60))`")
    }
    var position: ListPosition?
    if operand.isEmpty, let innermost = names.popLast() {
      position = ListPosition(rawValue: String(innermost))
      if position == nil { throw Self.unknownPosition(innermost) }
    }
    var transforms: [Transform] = []
    for name in names.reversed() {
      guard let transform = Transform(rawValue: String(name)) else { throw Self.unknownTransform(name) }
      transforms.append(transform)
    }
    let place: Operand
    if let position { place = .position(position) } else { place = try Self.operand(operand) }
    self.init(operand: place, transforms: transforms, text: text)
  }

  private static func operand(_ text: Substring) throws(Mistake) -> Operand {
    if text == "." { return .item }
    let path = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard path.count <= maxComponents, path.allSatisfy({ !$0.isEmpty && $0.unicodeScalars.allSatisfy(isNamePart) })
    else {
      throw Mistake(
        detail: "expected names of letters, digits, `_` and `-` with dots between, got `\(text.prefix(60))`")
    }
    return .path(path)
  }

  private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return "_-@:$+%".unicodeScalars.contains(scalar) || UInt8(scalar.value).isNameLetter }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
      .letterNumber, .nonspacingMark, .spacingMark:
      return true
    default: return false
    }
  }

  private static func unknownTransform(_ name: Substring) -> Mistake {
    let known = Transform.allCases.map(\.rawValue)
    return Mistake(
      isUnknownName: true, detail: "expected one of the functions \(known.joined(separator: ", ")), got `\(name)`",
      hint: nearest(to: String(name), among: known).map { "did you mean `\($0)`?" })
  }

  private static func unknownPosition(_ name: Substring) -> Mistake {
    let known = ListPosition.allCases.map { $0.rawValue + "()" }
    let isFunction = Transform(rawValue: String(name)) != nil
    return Mistake(
      isUnknownName: !isFunction,
      detail: isFunction
        ? "expected a name inside `\(name)(…)`, got nothing"
        : "expected one of \(known.joined(separator: ", ")), got `\(name)()`",
      hint: isFunction ? nil : nearest(to: name + "()", among: known).map { "did you mean `\($0)`?" })
  }

  /// What people bring from Handlebars and its relatives.
  private static func habit(_ written: String) -> Mistake? {
    let words = written.split(whereSeparator: \.isWhitespace)
    guard let first = words.first else { return nil }
    if first == "else", words.count == 1 || words[1] == "if" {
      return Mistake(detail: "expected a name, got `else`", hint: "Mustache says it with `{{^name}}…{{/name}}`")
    }
    guard words.count > 1 else { return nil }
    let name = words[1]
    switch first {
    case "if", "each", "with":
      return Mistake(detail: "expected a name, got `\(first) …`", hint: "write `{{#\(name)}}…{{/\(name)}}`")
    case "unless":
      return Mistake(detail: "expected a name, got `unless …`", hint: "write `{{^\(name)}}…{{/\(name)}}`")
    default: return nil
    }
  }
}

extension UInt8 {
  fileprivate var isNameLetter: Bool { isASCIILetter || isASCIIDigit }
}

extension String {
  fileprivate var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
