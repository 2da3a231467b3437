public import SQL
import Synchronization

/// Notes what the process is about to decide, and takes the note back afterwards. Where a process ends in between,
/// whatever ended it (a trap, a stack that is full, a kill for want of memory), the note is still there at the next start:
/// that end is counted, and a decision in which three processes have ended is not tried a fourth time. Whoever wanted it
/// gets `Poison` thrown instead, as if the rules could not decide it, and the others go on.
///
/// Notes and counts are lasting words; nothing is written to the disk for them. What was decided after all, and is
/// committed, is counted no longer, so a kill that only happened to come then leaves nothing. On the writer's thread.
public final class PoisonGuard {
  /// Something that is decided at one go.
  public struct Decision: Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Int64, Sendable {
      /// A run whose time has come: run, due at.
      case timer = 1
      /// A run that an event moves: run, seq.
      case event
      /// What a chain makes of an event that may bring someone in: chains.number, seq.
      case entry
      /// An event that may be a goal: contact, seq.
      case goal
      /// What segments make of an event: contact, seq; of a contact when they are computed: contact, 0; of a contact as one
      /// of them grows due: contact, its number below 0. How far a member is from its average: contact, the least number.
      case segments
      /// What webhooks are told of an event: contact, seq.
      case webhooks
      /// What the end of a run does: run, 0.
      case end
      /// A run that goes to another version: run, version.
      case edit
      /// Someone who is due to come in: contact, timetable.
      case moment
      /// What the gate says of a message: message, attempts.
      case message
    }

    public let kind: Kind
    /// Whom or what it is about.
    public let subject: Int64
    /// What tells it from others about the same.
    public let cause: Int64

    public init(_ kind: Kind, _ subject: Int64, _ cause: Int64) {
      (self.kind, self.subject, self.cause) = (kind, subject, cause)
    }

    public var description: String {
      switch kind {
      case .timer: "what is due for run \(subject)"
      case .event: "what event \(cause) makes of run \(subject)"
      case .entry: "an entry into chain number \(subject) by event \(cause)"
      case .goal: "whether event \(cause) is a goal of contact number \(subject)"
      case .segments: "the segments of contact number \(subject)" + (cause > 0 ? " by event \(cause)" : "")
      case .webhooks: "what webhooks are told of event \(cause)"
      case .end: "the end of run \(subject)"
      case .edit: "how run \(subject) goes on in version \(cause)"
      case .moment: "an entry by time of contact number \(subject)"
      case .message: "whether message \(subject) may leave"
      }
    }
  }

  /// Ends after which a decision is left aside.
  public static let mostEnds: Int64 = 3

  /// The place of each thing among the words.
  private enum Word {
    static let format = 0
    static let kind = 1
    static let subject = 2
    static let cause = 3
    /// Decisions in which processes have ended: kind (0: the place is free), subject, cause, ends.
    static let suspects = 8
    static let perSuspect = 4
  }

  private static let format: Int64 = 0x7a76_656e_6f00_0001

  private struct Suspect {
    let decision: Decision
    let place: Int
    let ends: Int64
  }

  private let words: LastingWords
  private var suspects: [Suspect] = []
  /// Of those the ones that were decided, or left aside, since the last commit.
  private var passed: Set<Int> = []
  private let leftAsideCount = Atomic<Int>(0)

  /// In the middle of what the process before this one ended, and how many have by now; nil: in no decision.
  public let lastEnd: (decision: Decision, ends: Int64)?

  /// - Parameter words: what the process before has left; by default nothing, and nothing is left to the next.
  public init(_ words: LastingWords = LastingWords()) {
    self.words = words
    if words[Word.format] != Self.format {
      for index in 0..<LastingWords.count { words[index] = 0 }
      words[Word.format] = Self.format
    }
    var known = Self.suspects(words)
    lastEnd = Self.open(words).map { decision in
      let suspect = Self.count(decision, among: known, words)
      known = Self.suspects(words)
      words[Word.kind] = 0
      return (decision, suspect.ends)
    }
    suspects = known
  }

  /// From any thread: decisions that were left aside since the start.
  public var leftAside: Int { leftAsideCount.load(ordering: .relaxed) }

  /// Decides; inside of it there may be others. Throws `Poison` without deciding where too many processes have ended in
  /// the middle of it, and what `body` throws. Cost: some stores.
  /// - Parameter settles: false: it is only asked what would be decided; the decision itself is still to come.
  public func attempt<T>(_ decision: Decision, settles: Bool = true, _ body: () throws -> T) throws -> T {
    if !suspects.isEmpty { try meet(decision, settles) }
    let (kind, subject, cause) = (words[Word.kind], words[Word.subject], words[Word.cause])
    note(decision.kind.rawValue, decision.subject, decision.cause)
    defer { note(kind, subject, cause) }
    return try body()
  }

  private func note(_ kind: Int64, _ subject: Int64, _ cause: Int64) {
    words[Word.subject] = subject
    words[Word.cause] = cause
    words[Word.kind] = kind
  }

  private func meet(_ decision: Decision, _ settles: Bool) throws {
    guard let suspect = suspects.first(where: { $0.decision == decision }) else { return }
    if settles { passed.insert(suspect.place) }
    guard suspect.ends >= Self.mostEnds else { return }
    if settles { leftAsideCount.add(1, ordering: .relaxed) }
    throw Poison(decision: decision, ends: suspect.ends)
  }

  /// What was decided since the last commit is never decided again.
  func committed() {
    if passed.isEmpty { return }
    for place in passed { words[place] = 0 }
    suspects.removeAll { passed.contains($0.place) }
    passed = []
  }

  func rolledBack() { passed = [] }

  // MARK: words

  private static func open(_ words: LastingWords) -> Decision? {
    Decision.Kind(rawValue: words[Word.kind]).map { Decision($0, words[Word.subject], words[Word.cause]) }
  }

  private static var places: StrideTo<Int> {
    stride(from: Word.suspects, to: LastingWords.count - Word.perSuspect + 1, by: Word.perSuspect)
  }

  private static func suspects(_ words: LastingWords) -> [Suspect] {
    places.compactMap { place in
      Decision.Kind(rawValue: words[place]).map { kind in
        Suspect(
          decision: Decision(kind, words[place + 1], words[place + 2]), place: place, ends: words[place + 3])
      }
    }
  }

  /// One end more. Where no place is free, that of the one with the fewest is taken.
  private static func count(_ decision: Decision, among known: [Suspect], _ words: LastingWords) -> Suspect {
    let old = known.first { $0.decision == decision }
    let taken = Set(known.map(\.place))
    let place =
      old?.place ?? places.first { !taken.contains($0) } ?? known.min { $0.ends < $1.ends }?.place ?? Word.suspects
    let ends = (old?.ends ?? 0) + 1
    words[place] = 0
    words[place + 1] = decision.subject
    words[place + 2] = decision.cause
    words[place + 3] = ends
    words[place] = decision.kind.rawValue
    return Suspect(decision: decision, place: place, ends: ends)
  }
}

/// In the middle of this too many processes have ended: it is not decided any more.
public struct Poison: Error, CustomStringConvertible {
  public let decision: PoisonGuard.Decision
  public let ends: Int64

  public var description: String {
    "\(ends) times the server's process has ended in the middle of \(decision); it is not tried again"
  }
}
