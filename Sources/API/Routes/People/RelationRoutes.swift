import Domain
import Engine
import HTTP
import JSON
import SQL

/// `/v1/contacts/{id}/relations/{kind}/{other}`: who is whose spouse, referrer, … One way: both ways are two calls.
enum RelationRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let people = People()
    let relations = Relations()
    let log = stages.log
    return [
      Route(
        "GET", "/v1/contacts/{id}/relations", .scopes([.read, .events]),
        .read { call in
          try call.requireQuery([])
          return { db in
            let contact = try people.required(call["id"], db)
            let items: [JSONValue] = try relations.all(of: contact.row, db).map { relation in
              let other = try people.contact(relation.other, db)?.publicID ?? String(relation.other)
              return ["kind": .string(relation.kind), "id": .string(other), "at": .string(relation.at.rfc3339)]
            }
            return .json(["items": .array(items), "next": .null])
          }
        }),
      Route(
        "PUT", "/v1/contacts/{id}/relations/{kind}/{other}", .scopes([.events]),
        .write { call in
          let kind = try kind(call)
          return { db, now in
            let now = Timestamp(milliseconds: now)
            let contact = try people.required(call["id"], db)
            let other = try people.required(call["other"], db)
            guard contact.row != other.row else { throw Problem.conflict("expected two contacts, got one twice") }
            guard try relations.others(of: contact.row, kind: kind, db).count < Relations.limit else {
              throw Problem.conflict("a contact stands in one relation to at most \(Relations.limit) others")
            }
            let added = try relations.add(kind, of: contact.row, to: other.row, now: now, db)
            try ContactEvents.updated(contact.row, fields: added ? ["relations." + kind] : [], now: now, log, db)
            return .json(
              ["kind": .string(kind), "id": .string(other.publicID)], status: added ? 201 : 200)
          }
        }),
      Route(
        "DELETE", "/v1/contacts/{id}/relations/{kind}/{other}", .scopes([.events]),
        .write { call in
          let kind = try kind(call)
          return { db, now in
            let contact = try people.required(call["id"], db)
            let other = try people.required(call["other"], db)
            guard try relations.remove(kind, of: contact.row, to: other.row, db) else {
              throw Problem.notFound("\(call["other"]) is not the \(kind) of \(call["id"])")
            }
            try ContactEvents.updated(
              contact.row, fields: ["relations." + kind], now: Timestamp(milliseconds: now), log, db)
            return .noContent
          }
        }),
    ]
  }

  private static func kind(_ call: Call) throws(Problem) -> String {
    try call.name("kind", of: "a relation", as: "{\"relation\": …}")
  }
}
