import Delivery
import Domain
import Engine
import JSON
import SQL

/// What an operator sees of a contact at a glance: who this is, what he has agreed to, what he bought, what happened
/// last, where he stands. Every list is short.
struct ContactCard {
  private static let lastEvents = 10
  private static let newestRuns = 20
  private static let newestMessages = 10
  private static let mostLists = 100

  let contact: Contact
  let stages: Stages
  let history: ContactHistory
  let db: Connection

  func json() throws -> JSONValue {
    let now = Timestamp(milliseconds: stages.now())
    var card = Self.profile(contact, try Consents().all(of: contact.row, db))
    card["lists"] = .array(try Lists().lists(of: contact.row, db).prefix(Self.mostLists).map(JSONValue.string))
    card["relations"] = .array(try relations())
    card["purchases"] = try purchases(now)
    card["rfm"] = try RfmRows().row(contact.row, db)?.json(at: now, db) ?? .null
    let events = try history.page(of: contact.row, before: nil, limit: Self.lastEvents, db)
    card["last_events"] = .array(events.map(\.json))
    var labels = StepLabels()
    let runs = try ContactRuns().newest(of: contact.row, limit: Self.newestRuns, db).map { run in
      run.json(step: try labels.label(chain: run.chainNumber, version: run.version, step: run.step, db))
    }
    card["runs"] = .array(runs)
    card["messages"] = .array(
      try MessageStore().newest(of: contact.row, limit: Self.newestMessages, db).map { .object($0.json) })
    let offers = try Offers().shown(to: contact.row, now: now, db)
    card["offers"] = .array(
      offers.map {
        [
          "slot": .string($0.slot), "template": .string($0.template), "chain": .string($0.chainID),
          "until": .string($0.until.rfc3339),
        ]
      })
    return .object(card)
  }

  static func profile(_ contact: Contact, _ consents: [Consents.State]) -> JSONObject {
    var profile = contact.profile
    profile["consents"] = .array(consents.map(\.json))
    return profile
  }

  private func relations() throws -> [JSONValue] {
    try Relations().all(of: contact.row, db).prefix(Self.mostLists).map { relation in
      let other = try People().contact(relation.other, db)?.publicID ?? String(relation.other)
      return ["kind": .string(relation.kind), "id": .string(other)]
    }
  }

  /// Of the newest thousand.
  private func purchases(_ now: Timestamp) throws -> JSONValue {
    let past = PastView(
      contact, run: nil, position: .max, moment: now, timeline: stages.timeline, rules: stages.rules, db)
    let figures = RfmFigures(of: try past.purchases(until: now), by: past.rfmRule)
    return [
      "count": .number(JSONNumber(figures?.count ?? 0)), "sum": .number(figures?.sum.number ?? 0),
      "last_at": figures.map { .string($0.lastAt.rfc3339) } ?? .null,
    ]
  }
}
