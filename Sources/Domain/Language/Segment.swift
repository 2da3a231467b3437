import JSON

/// Whoever a condition describes, at every moment.
public struct Segment: Sendable {
  public var name: String?
  public var note: String?
  public var condition: Condition

  /// 1 to 128 letters, digits and `._-:@+`, as in paths.
  public static func isID(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy { EventType.isNameByte($0) || [58, 64, 43].contains($0) }
  }
}

extension Segment {
  /// Those segments and all that they ask for, straight or through others.
  /// - Parameter uses: for each segment those that its condition names.
  public static func reached(from ids: Set<String>, by uses: [String: Set<String>]) -> Set<String> {
    var (reached, left) = (ids, Array(ids))
    while let next = left.popLast() { left += (uses[next] ?? []).filter { reached.insert($0).inserted } }
    return reached
  }
}

/// What the server says when a contact becomes a member or is one no more.
public enum SegmentEvent {
  public static let entered = "segment.entered"
  public static let left = "segment.left"
  /// A chain's own condition (`when`) has become true for the contact.
  public static let when = "enroll.when"
}

extension Condition {
  /// The segments that it names, averages among them.
  public var segments: Set<String> {
    var names: Set<String> = []
    forEach { part in
      switch part {
      case .segment(let id): names.insert(id)
      case .silence(let silence): if case .members(let id)? = silence.longerThan?.whose { names.insert(id) }
      default: break
      }
    }
    return names
  }

  /// The same for conditions that are the same.
  public var text: String { json { String($0) }.text }

  /// What it is called where its text would be too long (FNV-1a of 64 bits).
  public var fingerprint: String {
    let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }

  /// Made of `did_not` and nothing else.
  var isOnlyAbsence: Bool {
    switch self {
    case .did(let did): did.negated
    case .all(let inner), .any(let inner): inner.allSatisfy(\.isOnlyAbsence)
    case .not(.did(let did)): !did.negated
    default: false
    }
  }
}
