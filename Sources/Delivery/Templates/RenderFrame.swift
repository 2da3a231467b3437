import JSON
import Mustache

/// A level of the stack of names: the values themselves, the object of a section, or an item of its list. Its own
/// representation for the same reason as `Printed`.
final class RenderFrame: MustacheParent, MustacheCustomRepresentation {
  enum Found {
    case found(JSONValue)
    /// It would be here, but is not.
    case missing
    case elsewhere
  }

  private let value: JSONValue
  private let rendering: Rendering
  private let isRoot: Bool
  private let position: (index: Int, isLast: Bool)?

  init(_ value: JSONValue, in rendering: Rendering, isRoot: Bool = false, position: (Int, Bool)? = nil) {
    (self.value, self.rendering, self.isRoot) = (value, rendering, isRoot)
    self.position = position.map { ($0.0, $0.1) }
  }

  var representation: Any? { self }

  /// `t` literal text, `v` value, `s` section, and its number.
  func child(named name: String) -> Any? {
    guard let kind = name.utf8.first, let number = Int(name.dropFirst()) else { return nil }
    switch kind {
    case UInt8(ascii: "t"): return rendering.text(number)
    case UInt8(ascii: "v"): return rendering.value(number, in: self)
    default: return rendering.section(number, in: self)
    }
  }

  func look(for operand: TemplateExpression.Operand) -> Found {
    switch operand {
    case .item: return isRoot ? .missing : .found(value)
    case .path(let path): return look(for: path)
    case .position(let asked):
      guard let position else { return isRoot ? .missing : .elsewhere }
      switch asked {
      case .index: return .found(.number(JSONNumber(position.index)))
      case .first: return .found(.bool(position.index == 0))
      case .last: return .found(.bool(position.isLast))
      case .even: return .found(.bool(position.index & 1 == 0))
      case .odd: return .found(.bool(position.index & 1 == 1))
      }
    }
  }

  /// As Mustache does it: whose first name is here, is here as a whole or not at all.
  private func look(for path: [String]) -> Found {
    guard var value = value.object?[path[0]] else { return isRoot ? .missing : .elsewhere }
    for name in path.dropFirst() {
      switch value {
      case .object(let object):
        guard let member = object[name] else { return .missing }
        value = member
      case .array(let items):
        guard let index = Int(name), items.indices.contains(index) else { return .missing }
        value = items[index]
      case .null, .bool, .number, .string: return .missing
      }
    }
    return .found(value)
  }
}

/// The items of a list that a section goes through.
struct RenderItems: MustacheSequence {
  private let items: [JSONValue]
  private let rendering: Rendering
  private let literalBytes: Int

  init(_ items: [JSONValue], in rendering: Rendering, literalBytes: Int) {
    (self.items, self.rendering, self.literalBytes) = (items, rendering, literalBytes)
  }

  func makeIterator() -> Iterator { Iterator(items: items, rendering: rendering, literalBytes: literalBytes) }

  struct Iterator: IteratorProtocol {
    let items: [JSONValue]
    let rendering: Rendering
    let literalBytes: Int
    var at = 0

    mutating func next() -> RenderFrame? {
      guard at < items.count, rendering.spendItem(literalBytes) else { return nil }
      defer { at += 1 }
      return RenderFrame(items[at], in: rendering, position: (at, at == items.count - 1))
    }
  }
}
