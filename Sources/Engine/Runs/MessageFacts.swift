import Domain
import Ingest
import JSON
import SQL

/// Notes on a message's row what an event in the log says of it, once, and counts it in the funnel.
struct MessageFacts {
  let counters: Counters
  let catalog: ChainCatalog

  struct Noted {
    let run: Int64
    let step: Int
  }

  private static let place = Query(
    "SELECT run, chain, version, step, label, template FROM messages WHERE id = $1")

  /// - Returns: the run and step of the message when the event says that its hand-over is over.
  func note(_ event: StoredEvent, message: Int64, _ db: Connection) throws -> Noted? {
    let found = try db.first(Self.place, { $0.bind(1, message) }) {
      Place(
        run: $0.int(0), chain: $0.int(1), version: $0.int(2), step: Int($0.int(3)), label: $0.text(4),
        template: $0.text(5))
    }
    guard let found else { return nil }
    func count(_ outcome: String, by amount: Int64 = 1) {
      counters.count(
        Counters.Key(chain: found.chain, version: found.version, step: found.label, outcome: outcome), by: amount)
    }
    switch event.type {
    case "message.sent" where !EventProperties.mayName("was", event.properties):
      count("sent")
      count(Counters.unread, by: -1)
      return Noted(run: found.run, step: found.step)
    case "message.sent", "message.failed", "message.skipped", "message.unknown":
      let properties = try EventProperties.value(event.properties)
      let outcome = String(event.type.dropFirst("message.".utf8.count))
      count(outcome)
      // What was unknown had ended before.
      count(properties["was"]?.string == "unknown" ? "unknown" : Counters.unread, by: -1)
      if event.type == "message.failed", properties["reason"]?.string == "missing_value" { count("missing_value") }
      return Noted(run: found.run, step: found.step)
    default:
      guard let (column, outcome) = try Self.column(for: event) else { return nil }
      let changed = try db.run(
        "UPDATE messages SET \(column) = $2 WHERE id = $1 AND \(column) IS NULL",
        [.int(message), .int(event.at.milliseconds)])
      guard changed == 1 else { return nil }
      count(outcome)
      if try isVariant(found, db) { count(outcome + ":" + found.template) }
      return nil
    }
  }

  private struct Place {
    let run: Int64
    let chain: Int64
    let version: Int64
    let step: Int
    let label: String
    let template: String
  }

  /// Whether its step has several templates, which are compared.
  private func isVariant(_ place: Place, _ db: Connection) throws -> Bool {
    guard let program = try catalog.readable(place.chain, place.version, db)?.chain.program else { return false }
    // After a live edit its run may count its steps by another version.
    let isAtPlace = program.indices.contains(place.step) && program[place.step].label == place.label
    let step = isAtPlace ? program[place.step] : program.first { $0.label == place.label }
    guard case .send(let send)? = step?.kind else { return false }
    return send.templates.count > 1
  }

  /// Where the first such event is noted, and what the funnel calls it.
  private static func column(for event: StoredEvent) throws -> (String, String)? {
    switch event.type {
    case "message.opened":
      let isMachine = try EventProperties.value(event.properties)["machine"]?.bool == true
      return isMachine ? ("machine_opened_at", "machine_opened") : ("opened_at", "opened")
    case "message.clicked":
      let isMachine = try EventProperties.value(event.properties)["machine"]?.bool == true
      return isMachine ? ("machine_opened_at", "machine_opened") : ("clicked_at", "clicked")
    case "message.delivered": return ("delivered_at", "delivered")
    case "message.bounced": return ("bounced_at", "bounced")
    case "call.answered", "message.answered": return ("answered_at", "answered")
    default: return nil
    }
  }
}
