import Domain
import Engine
import JSON

/// Which event types a chain may look at. Read off the words of its document: one too many costs time, one too few would
/// be a wrong answer.
struct Interest {
  /// Best hours are read from them.
  private static let readings: Set<String> = ["message.opened", "message.clicked", "visit"]

  /// Conditions on what a contact buys name no event.
  private static let ofPurchases: Set<String> = ["rfm", "buys_at_discount", "prefers"]

  let chain: Chain
  /// Types whose events may start, move, end or credit a run.
  let acting: Set<String>
  private let words: Set<String>
  private let latest: Set<String>
  /// Static lists, other chains and contacts' fields that conditions and values ask for.
  let asked: Asked

  struct Asked {
    var lists: Set<String> = []
    var chains: Set<String> = []
    var fields: Set<String> = []
  }

  private let purchase: String

  /// - Parameters:
  ///   - latest: types that templates see below `latest`, and those that others ask for.
  ///   - purchase: the type that is one.
  init(_ chain: Chain, _ document: JSONValue, latest: Set<String>, purchase: String) {
    (self.chain, self.purchase) = (chain, purchase)
    self.latest = latest
    acting = chain.startingTypes.union(chain.wakingTypes).union([chain.goal?.did].compactMap { $0 })
    var words: Set<String> = []
    Self.gather(document, into: &words)
    self.words = words
    var asked = Asked()
    Self.gather(document, into: &asked)
    asked.fields.formUnion(chain.clockFields)
    self.asked = asked
  }

  /// Whether dates or schedules let people in.
  var beginsByTime: Bool {
    chain.triggers.contains { trigger in
      switch trigger.kind {
      case .date, .schedule, .segment, .when: true
      case .event, .api: false
      }
    }
  }

  func includes(_ type: String) -> Bool {
    acting.contains(type) || words.contains(type) || latest.contains(type) || Self.readings.contains(type)
      || words.contains { $0.hasPrefix("latest." + type) }
      || (type == purchase && !words.isDisjoint(with: Self.ofPurchases))
  }

  private static func gather(_ value: JSONValue, into asked: inout Asked) {
    switch value {
    case .array(let elements): for element in elements { gather(element, into: &asked) }
    case .object(let object):
      // With `add` it is a step.
      if let list = object["list"]?.string, object["add"] == nil { asked.lists.insert(list) }
      if let chain = object["in_chain"]?.string { asked.chains.insert(chain) }
      if let match = object["contact"]?.object { asked.fields.formUnion(match.keys.map(first)) }
      if let field = object["date"]?.string { asked.fields.insert(first(field)) }
      for (_, value) in object { gather(value, into: &asked) }
    case .string(let text):
      if text.hasPrefix("contact.") { asked.fields.insert(first(String(text.dropFirst("contact.".count)))) }
    case .null, .bool, .number: break
    }
  }

  private static func first(_ path: String) -> String { String(path.prefix { $0 != "." }) }

  private static func gather(_ value: JSONValue, into words: inout Set<String>) {
    switch value {
    case .string(let text): words.insert(text)
    case .array(let elements): for element in elements { gather(element, into: &words) }
    case .object(let object):
      for (key, value) in object {
        words.insert(key)
        gather(value, into: &words)
      }
    case .null, .bool, .number: break
    }
  }
}
