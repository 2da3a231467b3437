import JSON
import Mustache

/// A level of the stack of names: the values themselves, the object of a section, or an item of its list. Its own
/// representation for the same reason as `Printed`.
final class RenderFrame: MustacheParent, MustacheCustomRepresentation {
  private enum Found {
    case found(JSONValue)
    /// It would be here, but is not.
    case missing
    case elsewhere
  }

  private let value: JSONValue
  private let rendering: Rendering
  /// The level around; nil: these are the values themselves.
  private let parent: RenderFrame?
  private let position: (index: Int, isLast: Bool)?

  init(_ value: JSONValue, in rendering: Rendering, parent: RenderFrame?, position: (Int, Bool)? = nil) {
    (self.value, self.rendering, self.parent) = (value, rendering, parent)
    self.position = position.map { ($0.0, $0.1) }
  }

  private var isRoot: Bool { parent == nil }

  var representation: Any? { self }

  /// `r` run, `s` section, and its number. The innermost level is asked first and answers for all: never nil for what
  /// the program has.
  func child(named name: String) -> Any? {
    guard let kind = name.utf8.first, let number = Int(name.dropFirst()) else { return nil }
    return kind == UInt8(ascii: "r") ? rendering.run(number, in: self) : rendering.section(number, in: self)
  }

  /// Here, or in the levels around. Nil: it is missing.
  func value(of operand: TemplateExpression.Operand) -> JSONValue? {
    var frame = self
    while true {
      switch frame.look(for: operand) {
      case .found(let value): return value
      case .missing: return nil
      case .elsewhere:
        guard let parent = frame.parent else { return nil }
        frame = parent
      }
    }
  }

  private func look(for operand: TemplateExpression.Operand) -> Found {
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
  private let parent: RenderFrame

  init(_ items: [JSONValue], in rendering: Rendering, parent: RenderFrame) {
    (self.items, self.rendering, self.parent) = (items, rendering, parent)
  }

  func makeIterator() -> Iterator { Iterator(items: items, rendering: rendering, parent: parent) }

  struct Iterator: IteratorProtocol {
    let items: [JSONValue]
    let rendering: Rendering
    let parent: RenderFrame
    var at = 0

    mutating func next() -> RenderFrame? {
      guard at < items.count, rendering.spendItem() else { return nil }
      defer { at += 1 }
      return RenderFrame(items[at], in: rendering, parent: parent, position: (at, at == items.count - 1))
    }
  }
}
