/// A section that is open while a template is checked.
struct TemplateScope {
  enum Brings {
    /// A condition: nothing but what is known around it.
    case nothing
    /// An item, an object, a value: names nobody knows before it is rendered.
    case names
    /// The forms of a plural.
    case forms
  }

  /// As its end must say it.
  let name: String
  let offset: Int
  let brings: Brings
  /// Of its reference.
  let number: Int
  /// What it is below `latest`, `[]` for that itself; nil elsewhere.
  let latestPath: [String]?
  /// The plural forms named inside.
  var forms: Set<String> = []

  init(_ expression: TemplateExpression, _ tag: TemplateTag, number: Int) {
    (name, offset, self.number) = (expression.text, tag.start, number)
    brings = tag.kind == .inverted ? .nothing : Self.brings(expression)
    latestPath =
      if case .path(let path) = expression.operand, path[0] == "latest", expression.transforms.isEmpty {
        Array(path.dropFirst())
      } else {
        nil
      }
  }

  /// One whose name could not be read: its end shall still be found.
  init(broken tag: TemplateTag) {
    name = tag.written.filter { !$0.isWhitespace }
    (offset, brings, number, latestPath) = (tag.start, .names, 0, nil)
  }

  private static func brings(_ expression: TemplateExpression) -> Brings {
    switch expression.transforms.last {
    case .plural?: return .forms
    case let transform? where transform.isCondition: return .nothing
    case .some, nil: break
    }
    return switch expression.operand {
    case .position: .nothing
    case .path(let path): path[0] == "flags" ? .nothing : .names
    case .item: .names
    }
  }
}
