import Domain
import Engine
import HTTP
import JSON

/// `/v1/contacts/{id}/timeline`: everything that happened, the newest first.
enum TimelineRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let people = People()
    let history = ContactHistory(stages.timeline)
    return [
      Route(
        "GET", "/v1/contacts/{id}/timeline", .scopes([.read]),
        .read { call in
          let id = call["id"]
          let paging = try Paging(call) { values in values.count == 2 && values.allSatisfy { $0.number?.int != nil } }
          return { db in
            let contact = try people.required(id, db)
            let entries = try history.page(
              of: contact.row, before: position(paging.after), limit: paging.limit + 1, db)
            return .page(entries, paging, cursor: cursor, json: \.json)
          }
        })
    ]
  }

  private static func cursor(_ entry: ContactHistory.Entry) -> [JSONValue] {
    [.number(JSONNumber(entry.position.at.milliseconds)), .number(JSONNumber(entry.position.seq))]
  }

  private static func position(_ values: [JSONValue]) -> LogMoment? {
    let numbers = values.compactMap { $0.number?.int }
    guard numbers.count == 2 else { return nil }
    return LogMoment(at: Timestamp(milliseconds: numbers[0]), seq: numbers[1])
  }
}
