import Domain
import Engine
import HTTP
import Ingest
import JSON
import SQL

/// `GET /v1/events`: the log as it lies, the newest first; with `since`, what came after that place in it, the oldest
/// first, so that who asks again and again follows it.
enum EventListRoutes {
  /// Of one answer's properties: beyond it the page ends early, and `next` goes on.
  private static let maxBytes = 4 << 20
  private static let batch = 50

  static func all(_ stages: Stages) -> [Route] {
    let log = stages.log
    return [
      Route(
        "GET", "/v1/events", .scopes([.read]),
        .read { call in
          let paging = try Paging(call, filters: ["since"], by: .number)
          let since = try place(call)
          let before = paging.after.isEmpty ? Int64.max : paging.number
          return { db in
            var (events, bytes, isMore) = ([StoredEvent](), 0, true)
            while isMore, events.count <= paging.limit, bytes < maxBytes {
              let limit = min(batch, paging.limit + 1 - events.count)
              guard limit > 0 else { break }
              let page =
                try since.map { try log.read(db, after: events.last?.seq ?? max($0, paging.number), limit: limit) }
                ?? log.read(db, before: events.last?.seq ?? before, limit: limit)
              isMore = page.count == limit
              events += page
              bytes += page.reduce(0) { $0 + $1.properties.count }
            }
            return try .page(events, paging.cut(to: isMore ? events.count - 1 : events.count), cursor: cursor) {
              try item($0, db)
            }
          }
        })
    ]
  }

  private static func place(_ call: Call) throws(Problem) -> Int64? {
    guard let text = call.request.query("since") else { return nil }
    guard let seq = Int64(text), seq >= 0 else {
      throw .badQuery("since", "expected the `seq` of an event, or 0 for the first, got \"\(text.prefix(40))\"")
    }
    return seq
  }

  private static func cursor(_ event: StoredEvent) -> [JSONValue] { [.number(JSONNumber(event.seq))] }

  private static func item(_ event: StoredEvent, _ db: Connection) throws -> JSONValue {
    var object: JSONObject = ["seq": .number(JSONNumber(event.seq))]
    object["id"] = event.id.map(JSONValue.string)
    object["type"] = .string(event.type)
    object["contact"] = .object(try contact(event, db))
    object["at"] = .string(event.at.rfc3339)
    object["accepted_at"] = .string(event.acceptedAt.rfc3339)
    object["properties"] =
      event.properties.isEmpty ? .object([:]) : try JSONValue(parsing: event.properties, limits: .stored)
    return .object(object)
  }

  /// As the sender called him; of the server's own events by his id.
  private static func contact(_ event: StoredEvent, _ db: Connection) throws -> JSONObject {
    var object = JSONObject()
    object["id"] = event.keys.id.map(JSONValue.string)
    object["email"] = event.keys.email.map(JSONValue.string)
    object["phone"] = event.keys.phone.map(JSONValue.string)
    object["anonymous_id"] = event.keys.anonymousID.map(JSONValue.string)
    if object.isEmpty, let row = event.contact {
      object["id"] = try People().contact(row, db).map { .string($0.publicID) }
    }
    return object
  }
}
