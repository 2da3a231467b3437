import Domain
import Engine
import HTTP
import JSON
import SQL

/// `/v1/contacts/{id}`: created, updated, read.
enum ContactRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let people = People()
    let log = stages.log
    return [
      Route(
        "PUT", "/v1/contacts/{id}", .scopes([.events]),
        .write { call in
          let id = call["id"]
          let patch = try ContactPatch(call.json())
          return { db, now in
            let now = Timestamp(milliseconds: now)
            let change = try people.change(id: id, patch, now: now, db)
            try ContactEvents.updated(change.contact.row, fields: change.fields, now: now, log, db)
            return .json(try card(change.contact, db), status: change.created ? 201 : 200)
          }
        }),
      Route(
        "GET", "/v1/contacts/{id}", .scopes([.read]),
        .read { call in
          let id = call["id"]
          return { db in
            guard let contact = try people.find(id, db) else { throw Problem.noContact(id) }
            return .json(try card(contact, db))
          }
        }),
    ]
  }

  private static func card(_ contact: Contact, _ db: Connection) throws -> JSONValue {
    var card = contact.profile
    card["consents"] = .array(try Consents().all(of: contact.row, db).map(\.json))
    return .object(card)
  }
}

extension Problem {
  static func noContact(_ id: String) -> Problem { .notFound("there is no contact \(id)") }
}
