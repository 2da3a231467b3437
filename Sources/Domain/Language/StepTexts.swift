import JSON

/// The steps of a chain's document as texts: what each says by itself, without the steps inside it, and where it stands.
struct StepTexts {
  /// Where a step stands: counted from the step it lies in, which may move with all that is in it.
  struct Place: Hashable {
    /// Index of that step; nil at the top. One step of the document may be several of the program: then these lie in
    /// their first.
    var parent: Int?
    let path: String
    let number: Int
  }

  struct Item {
    let index: Int
    /// With what it is of the step that has the id, `reminder:patience`.
    let id: String?
    let place: Place
    let pointer: String
    /// The word that says what it does.
    let kind: String
    /// What it says, whatever the order of its keys, without id and note.
    let content: String
  }

  private(set) var items: [Item] = []
  /// The document itself, without its steps.
  let frame: String
  let ids: [String: Int]
  let places: [Place: Int]
  /// Index of the first step at each pointer.
  private let firsts: [String: Int]

  init(_ chain: Chain, _ document: JSONNode) {
    let firsts = Dictionary(chain.program.map { ($0.pointer, $0.index) }) { first, _ in first }
    var texts = Texts(pointers: Set(firsts.keys))
    frame = texts.text(document, at: "", without: ["name", "note"])
    var numbers: [String: Int] = [:]
    items = chain.program.map { step in
      let number = numbers[step.pointer, default: 0]
      numbers[step.pointer] = number + 1
      let own = texts.steps[step.pointer] ?? Texts.Own(kind: "", content: "", hasID: false)
      return Item(
        index: step.index, id: own.hasID ? step.label : nil,
        place: Self.place(of: step.pointer, number: number, among: firsts), pointer: step.pointer, kind: own.kind,
        content: own.content)
    }
    ids = Dictionary(items.compactMap { item in item.id.map { ($0, item.index) } }) { first, _ in first }
    places = Dictionary(items.map { ($0.place, $0.index) }) { first, _ in first }
    self.firsts = firsts
  }

  private static func place(of pointer: String, number: Int, among firsts: [String: Int]) -> Place {
    if number > 0 { return Place(parent: firsts[pointer], path: "", number: number) }
    var outer = pointer[...]
    while let slash = outer.lastIndex(of: "/") {
      outer = outer[..<slash]
      if let parent = firsts[String(outer)] {
        return Place(parent: parent, path: String(pointer[outer.endIndex...]), number: 0)
      }
    }
    return Place(parent: nil, path: pointer, number: 0)
  }

  /// Lists of which a run walks one element, and then goes on below.
  private static let alternatives: Set<Substring> = ["choose", "split"]

  /// The steps that runs come to after `item`, past what lies inside it, to the chain's end.
  func following(_ item: Item) -> [Item] {
    var (following, last) = ([Item](), item)
    while let next = next(after: last) {
      following.append(next)
      last = next
    }
    return following
  }

  private func next(after item: Item) -> Item? {
    let twin = Place(parent: firsts[item.pointer], path: "", number: item.place.number + 1)
    if let twin = places[twin] { return items[twin] }
    var parts = item.pointer.split(separator: "/")
    while let last = parts.popLast() {
      guard let number = Int(last), let list = parts.last, !Self.alternatives.contains(list) else { continue }
      if let next = firsts["/" + parts.joined(separator: "/") + "/\(number + 1)"] { return items[next] }
    }
    return nil
  }
}

/// Writes values with sorted keys, and keeps apart what stands at the pointers of steps.
private struct Texts {
  struct Own {
    let kind: String
    let content: String
    let hasID: Bool
  }

  let pointers: Set<String>
  private(set) var steps: [String: Own] = [:]

  init(pointers: Set<String>) { self.pointers = pointers }

  mutating func text(_ node: JSONNode, at pointer: String, without left: Set<String> = []) -> String {
    switch node.kind {
    case .object:
      let members = node.members.sorted { $0.key < $1.key }
      let texts = members.compactMap { member -> String? in
        let inner = pointer + "/" + member.key
        let text = text(member.value, at: inner)
        // A list of steps is theirs, and nothing that the step itself says.
        let holdsSteps = pointers.contains(inner + "/0")
        return left.contains(member.key) || holdsSteps ? nil : JSONValue.string(member.key).text + ":" + text
      }
      return "{" + texts.joined(separator: ",") + "}"
    case .array:
      let texts = node.elements.enumerated().map { offset, element in
        let inner = "\(pointer)/\(offset)"
        guard pointers.contains(inner) else { return text(element, at: inner) }
        let kind = StepParser.kinds.first { element[$0] != nil } ?? ""
        let content = text(element, at: inner, without: ["id", "note"])
        steps[inner] = Own(kind: kind, content: content, hasID: element["id"] != nil)
        return ""
      }
      return "[" + texts.joined(separator: ",") + "]"
    case .null, .bool, .number, .string: return node.value.text
    }
  }
}
