import Domain
import Engine
import Erasure
import HTTP
import Ingest
import JSON
import SQL

/// `/v1/contacts/{id}`: created, updated, read.
enum ContactRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let people = People(stages.erasures.tombstones)
    let erasures = stages.erasures
    let log = stages.log
    let history = ContactHistory(stages.timeline)
    return [
      Route(
        "PUT", "/v1/contacts/{id}", .scopes([.events]),
        .write { call in
          let id = call["id"]
          let patch = try ContactPatch(call.json())
          let isBack = try readmits(call)
          return { db, now in
            if isBack { try erasures.readmit(People.keys(id, patch), now: now, db) }
            let now = Timestamp(milliseconds: now)
            let change = try people.change(id: id, patch, now: now, db)
            try log.append(own: ContactEvent.said(of: change), now: now.milliseconds, db)
            let profile = ContactCard.profile(change.contact, try Consents().all(of: change.contact.row, db))
            return .json(.object(profile), status: change.created ? 201 : 200)
          }
        }),
      Route(
        "GET", "/v1/contacts/{id}", .scopes([.read]),
        .read { call in
          let id = call["id"]
          return { db in
            let contact = try people.required(id, db)
            return .json(try ContactCard(contact: contact, stages: stages, history: history, db: db).json())
          }
        }),
    ]
  }

  /// `?readmit=true`: whoever was erased has come back himself.
  private static func readmits(_ call: Call) throws(Problem) -> Bool {
    try call.requireQuery(["readmit"])
    switch call.request.query("readmit") {
    case nil, "false": return false
    case "true": return true
    case .some(let text): throw .badQuery("readmit", "expected true or false, got \"\(text.prefix(40))\"")
    }
  }
}

extension Problem {
  static func noContact(_ id: String) -> Problem { .notFound("there is no contact \(id)") }
}

extension People {
  /// 404 when there is no such contact.
  func required(_ id: String, _ db: Connection) throws -> Contact {
    guard let contact = try find(id, db) else { throw Problem.noContact(id) }
    return contact
  }
}
