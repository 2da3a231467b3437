import JSON

/// The ids of a chain's steps and where they will lie in the program, known before its conditions are read.
struct StepNames {
  private(set) var indices: [String: Int] = [:]
  private(set) var sends: Set<Int> = []
  private var count = 0

  init() {}

  /// The first of two passes over the same lists in the same order; `StepParser` makes the second.
  init(of lists: [Place]) {
    for list in lists { visit(list, depth: 0) }
  }

  private mutating func visit(_ list: Place, depth: Int) {
    guard list.node.kind == .array, depth < StepParser.maxDepth else { return }
    for (offset, node) in list.node.elements.enumerated() where count < StepParser.maxSteps {
      visit(step: list.element(offset, node), depth: depth)
    }
  }

  private mutating func visit(step: Place, depth: Int) {
    learn(step)
    if step.node["send"] != nil { sends.insert(count) }
    count += 1
    for (offset, rung) in step.elements("escalate").enumerated() {
      count += 1
      learn(rung)
      sends.insert(count)
      count += Self.hasPatience(rung.node, offset, of: step.node) ? 2 : 1
    }
    for branch in step.branches { visit(branch, depth: depth + 1) }
  }

  /// Whether a message of an `escalate` is waited for: the last only where it says so.
  static func hasPatience(_ rung: JSONNode, _ offset: Int, of step: JSONNode) -> Bool {
    offset + 1 < (step["escalate"]?.elements.count ?? 0) || rung["patience"] != nil
  }

  private mutating func learn(_ step: Place) {
    guard let at = step.child("id"), let id = at.string("a text") else { return }
    if indices[id] != nil {
      at.error(.duplicate, "expected ids that occur once, got \"\(id.prefix(60))\" again")
    } else if ["last", "any", "enter"].contains(id) || !Self.isID(id) {
      at.error(
        .badValue, "expected an id of letters, digits, `_` and `-`, got \"\(id.prefix(60))\"",
        hint: "`last`, `any` and `enter` have meanings of their own")
    }
    indices[id] = count
  }

  private static func isID(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { EventType.isNameByte($0) && $0 != 46 }
  }
}

extension Place {
  /// The lists of steps that a step holds, in the order in which they are laid out.
  fileprivate var branches: [Place] {
    let plain = ["then", "else"].compactMap { child($0) }
    let inner = ["choose", "split"].flatMap { elements($0).compactMap { $0.child("steps") } }
    return plain + inner + [child("otherwise")].compactMap { $0 }
  }

  /// Of a list under `key`; none where there is no list.
  fileprivate func elements(_ key: String) -> [Place] {
    guard let list = child(key), list.node.kind == .array else { return [] }
    return list.node.elements.enumerated().map { list.element($0.offset, $0.element) }
  }
}
