import JSON

/// Something a document names that is not in the document.
enum Named: Hashable {
  case channel
  case segment
  case chain
  case eventType
  /// Of events of a type.
  case property(of: String)
  /// Of the event that starts the run.
  case triggerProperty
  case attribute
}

/// Where something is named.
struct Mention {
  let what: Named
  let name: String
  let node: JSONNode
  let pointer: String
  /// Set where the name is the key, not the value.
  let key: JSONMember?

  func place(_ findings: Findings) -> Place { Place(node: node, pointer: pointer, findings: findings, key: key) }
}

extension Place {
  /// Remembers that the value names something.
  func mentions(_ what: Named, _ name: String) {
    findings.mention(Mention(what: what, name: name, node: node, pointer: pointer, key: nil))
  }

  /// The first part of a path that the value is.
  func mentions(_ what: Named, _ path: PropertyPath) { mentions(what, path.parts[0]) }

  /// The first part of each path that a `where` or a measure has as its keys.
  func mentionsInKeys(_ what: Named) {
    for member in members {
      guard let path = PropertyPath(member.name) else { continue }
      findings.mention(
        Mention(what: what, name: path.parts[0], node: member.node, pointer: member.pointer, key: member.key))
    }
  }
}
