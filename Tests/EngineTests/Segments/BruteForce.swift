import Domain
import JSON

/// What happened to some people, and what conditions say of them, worked out by looking at everything each time. It shares
/// calendars with the server and nothing else.
struct BruteForce {
  struct Fact {
    let type: String
    let at: Timestamp
    let category: String
    let price: Int
  }

  struct Person {
    var zone = Zone.utc
    var firstSeen: Timestamp?
    var isVIP = false
    var facts: [Fact] = []
  }

  indirect enum Rule {
    case all([Rule])
    case any([Rule])
    case not(Rule)
    case vip
    case member(String)
    /// At least so many; `span` nil: ever.
    case did(String, category: String?, atLeast: Int, span: String?)
    case didNot(String, span: String?)
    case fewer(String, than: Int, span: String)
    case spent(Int, span: String)
    case silent(String, category: String?, span: String?, times: Int?)
    case weekday(Int)

    var json: String {
      func window(_ span: String?) -> String { span.map { #","within":"\#($0)""# } ?? "" }
      func match(_ category: String?) -> String { category.map { #","where":{"category":"\#($0)"}"# } ?? "" }
      return switch self {
      case .all(let rules): #"{"all":[\#(rules.map(\.json).joined(separator: ","))]}"#
      case .any(let rules): #"{"any":[\#(rules.map(\.json).joined(separator: ","))]}"#
      case .not(let rule): #"{"not":\#(rule.json)}"#
      case .vip: #"{"contact":{"vip":true}}"#
      case .member(let id): #"{"segment":"\#(id)"}"#
      case .did(let type, let category, let count, let span):
        #"{"did":"\#(type)"\#(match(category)),"times":{">=":\#(count)}\#(window(span))}"#
      case .didNot(let type, let span): #"{"did_not":"\#(type)"\#(window(span))}"#
      case .fewer(let type, let count, let span): #"{"did":"\#(type)","times":{"<":\#(count)}\#(window(span))}"#
      case .spent(let sum, let span): #"{"did":"purchase","sum":{"price":{">=":\#(sum)}}\#(window(span))}"#
      case .silent(let type, let category, let span, let times):
        #"{"silence":"\#(type)"\#(match(category))"# + (span.map { #","for":"\#($0)""# } ?? "")
          + (times.map { #","longer_than":"\#($0)x own average""# } ?? "") + "}"
      case .weekday(let day): #"{"weekday":"\#(["mon", "tue", "wed", "thu", "fri", "sat", "sun"][day - 1])"}"#
      }
    }
  }

  let rules: [String: Rule]

  func holds(_ rule: Rule, _ person: Person, at now: Timestamp) -> Bool {
    func fits(_ fact: Fact, _ type: String, _ category: String?, _ span: String?) -> Bool {
      guard fact.type == type, category.map({ $0 == fact.category }) ?? true, fact.at <= now else { return false }
      guard let span = span.flatMap({ Span($0) }) else { return true }
      return now < span.after(fact.at, in: person.zone)
    }
    switch rule {
    case .all(let rules): return rules.allSatisfy { holds($0, person, at: now) }
    case .any(let rules): return rules.contains { holds($0, person, at: now) }
    case .not(let rule): return !holds(rule, person, at: now)
    case .vip: return person.isVIP
    case .member(let id): return rules[id].map { holds($0, person, at: now) } ?? false
    case .did(let type, let category, let count, let span):
      return person.facts.count { fits($0, type, category, span) } >= count
    case .didNot(let type, let span): return !person.facts.contains { fits($0, type, nil, span) }
    case .fewer(let type, let count, let span): return person.facts.count { fits($0, type, nil, span) } < count
    case .spent(let sum, let span):
      return person.facts.filter { fits($0, "purchase", nil, span) }.reduce(0) { $0 + $1.price } >= sum
    case .silent: return silentFrom(rule, person, at: now).map { $0 <= now } ?? false
    case .weekday(let day): return person.zone.local(now).date.weekday == day
    }
  }

  /// The moment from which the silence is long enough; nil: it never is.
  private func silentFrom(_ rule: Rule, _ person: Person, at now: Timestamp) -> Timestamp? {
    guard case .silent(let type, let category, let span, let times) = rule, let firstSeen = person.firstSeen else {
      return nil
    }
    let moments = person.facts.filter { $0.type == type && (category ?? $0.category) == $0.category && $0.at <= now }
      .map(\.at).sorted()
    let last = moments.last ?? firstSeen
    var due = span.flatMap { Span($0)?.after(last, in: person.zone) } ?? last
    if let times {
      guard moments.count >= 3 else { return nil }
      let gap = Double(moments[moments.count - 1] - moments[0]) / Double(moments.count - 1)
      due = max(due, last + Int64((gap * Double(times)).rounded(.up)))
    }
    return due
  }

  /// Moments after `start`, through `end`, at which time alone may turn any answer about the person.
  func moments(_ person: Person, after start: Timestamp, through end: Timestamp) -> [Timestamp] {
    var found: Set<Timestamp> = []
    func gather(_ rule: Rule) {
      switch rule {
      case .all(let rules), .any(let rules): rules.forEach(gather)
      case .not(let rule): gather(rule)
      case .vip, .member: break
      case .did(_, _, _, let span?), .didNot(_, let span?), .fewer(_, _, let span), .spent(_, let span):
        for fact in person.facts { if let span = Span(span) { found.insert(span.after(fact.at, in: person.zone)) } }
      case .did, .didNot: break
      case .silent: if let due = silentFrom(rule, person, at: start) { found.insert(due) }
      case .weekday:
        var date = person.zone.local(start).date
        for _ in 0..<60 {
          date = date.adding(days: 1)
          found.insert(person.zone.moment(of: LocalTime(date: date, millisecondOfDay: 0)))
        }
      }
    }
    rules.values.forEach(gather)
    return found.filter { $0 > start && $0 <= end }.sorted()
  }
}
