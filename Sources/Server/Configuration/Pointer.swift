import JSON

/// JSON pointers (RFC 6901), and the places in a text they lead to.
enum Pointer {
  static func tokens(_ pointer: String) -> [String] {
    pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { token in
      token.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
        .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
    }
  }

  /// Where `pointer` leads to, or as far towards it as the document goes. `atKey`: the place of the member's name
  /// instead of its value.
  static func place(_ pointer: String, in root: JSONNode, atKey: Bool) -> JSONLocation {
    var node = root
    var place = root.location
    for token in tokens(pointer) {
      if node.kind == .object, let member = node.members.first(where: { $0.key == token }) {
        place = atKey ? member.keyLocation : member.value.location
        node = member.value
      } else if node.kind == .array, let index = Int(token), node.elements.indices.contains(index) {
        node = node.elements[index]
        place = node.location
      } else {
        return place
      }
    }
    return place
  }
}
