/// One step of a chain's program.
public struct Step: Sendable {
  /// Its place in the program.
  public let index: Int
  /// Where it stands in the document (RFC 6901).
  public let pointer: String
  public let id: String?
  /// What people and figures call it: its id, else its place, `2.then.0`.
  public let label: String
  public let note: String?
  public var kind: Kind
  /// Where a run goes on after it.
  public var next: Int

  /// - Parameter part: what the step is of the one that the document has there, `:patience`.
  init(index: Int, pointer: String, id: String?, note: String?, part: String = "", kind: Kind, next: Int) {
    (self.index, self.pointer, self.note, self.kind, self.next) = (index, pointer, note, kind, next)
    self.id = part.isEmpty ? id : nil
    let place = pointer.split(separator: "/").filter { $0 != "steps" }
    label = (id ?? place.joined(separator: ".")) + part
  }

  public enum Kind: Sendable {
    case wait(Wait)
    case waitUntil(WaitUntil)
    case waitFor(WaitFor)
    case send(Send)
    case branch(Branch)
    case choose(Choose)
    case split(Split)
    case set([Assignment])
    case list(String, add: Bool)
    case webhook(WebhookCall)
    case offer(Offer)
    case enter(chain: String)
    case leave(chain: String)
    case exit(reason: String)
  }

  /// Every condition in the step itself, its branches' steps aside.
  var conditions: [Condition] {
    switch kind {
    case .wait, .waitUntil, .split, .set, .list, .webhook, .offer, .enter, .leave, .exit: []
    case .waitFor(let wait): [wait.condition]
    case .send(let send): [send.onlyIf].compactMap { $0 } + send.flags.map(\.condition)
    case .branch(let branch): [branch.condition]
    case .choose(let choose): choose.cases.map(\.condition)
    }
  }
}

/// `{"wait": "8h..24h", "reset_on": "cart"}`
public struct Wait: Sendable, Hashable {
  public var atLeast: Span
  /// Set for a range.
  public var atMost: Span?
  public var since: Since
  public var resetOn: Set<String>

  public enum Since: Sendable, Hashable {
    case ownStart
    case entry
    case step(Int)
  }
}

/// `{"wait_until": "10:00", "on": ["mon"]}` or `{"wait_until": {"date": "contact.trip", "offset": "-3d"}, "at": "10:00"}`
public enum WaitUntil: Sendable, Hashable {
  case clock(ClockTime, on: [DayRule])
  case date(Reference, Offset, at: ClockTime)
}

/// `{"wait_for": …, "at_most": "48h", "then": […], "else": […]}`
public struct WaitFor: Sendable {
  public var condition: Condition
  public var atMost: Span
  public var then: Int
  public var otherwise: Int
}

public struct Branch: Sendable {
  public var condition: Condition
  public var then: Int
  public var otherwise: Int
}

/// `{"choose": [{"when": …, "steps": […]}], "otherwise": […]}`: the first that holds.
public struct Choose: Sendable {
  public struct Case: Sendable {
    public var condition: Condition
    public var target: Int
  }

  public var cases: [Case]
  public var otherwise: Int
}

/// `{"split": [{"name": "A", "weight": 50, "steps": […]}, …], "winner": {"by": "goal", "after": 1000}}`
public struct Split: Sendable {
  public struct Variant: Sendable {
    public var name: String
    public var weight: Int
    public var target: Int
  }

  public var variants: [Variant]
  public var winner: Winner?
}

/// When a test of variants ends: once so many have been counted, for the one that does best.
public struct Winner: Sendable, Hashable {
  public enum Measure: String, Sendable, Hashable {
    case goal, opened, clicked
  }

  public var by: Measure
  public var after: Int
}

/// `{"webhook": "crm", "data": {…}}`
public struct WebhookCall: Sendable, Hashable {
  public var id: String
  public var data: [Assignment]
}

/// `{"offer": "home-banner", "template": "gift", "for": "3d"}`: what the site shows this contact.
public struct Offer: Sendable, Hashable {
  public var slot: String
  public var template: String
  public var lasts: Span
}

public struct Send: Sendable {
  public var channel: String
  /// More than one: variants of one letter.
  public var templates: [String]
  /// When its test of variants ends.
  public var winner: Winner?
  public var purpose: Purpose
  public var data: [Assignment]
  public var flags: [Flag]
  public var onlyIf: Condition?
  /// How long after its planned time it may still leave.
  public var hold: Span
  /// A call's: which operators, and until when.
  public var queue: String?
  public var deadline: Span?

  public struct Flag: Sendable {
    public var name: String
    public var condition: Condition
  }

  static func defaultHold(for purpose: Purpose) -> Span {
    switch purpose {
    case .marketing: Span(days: 1)
    case .transactional: Span(days: 7)
    }
  }
}

/// A name and the value it gets.
public struct Assignment: Sendable, Hashable {
  public var name: String
  public var value: ValueExpression
}
