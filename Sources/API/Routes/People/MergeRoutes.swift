import Domain
import Engine
import HTTP
import Ingest
import JSON

/// `POST /v1/contacts/{id}/merge` `{"into": id}`: somebody says that two contacts are one person, whatever ids they have.
/// It is done in the log's order: with the answer where the engine is not behind. There is no way back.
enum MergeRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let people = People()
    let log = stages.log
    return [
      Route(
        "POST", "/v1/contacts/{id}/merge", .scopes([.events]),
        .write { call in
          let into = try survivor(call.json())
          return { db, now in
            let contact = try people.required(call["id"], db)
            let survivor = try people.required(into, db)
            guard contact.row != survivor.row else {
              throw Problem.conflict("expected two contacts, \(call["id"]) and \(into) are one already")
            }
            let wish = ContactEvent.merge(contact.row, into: survivor.row, by: .call)
            try log.append(own: [wish], now: now, db)
            return .json(
              [
                "id": .string(survivor.publicID), "merged": .string(contact.publicID), "undo": false,
                "note":
                  "a merge cannot be undone: histories, keys, consents and runs of both are one person's from now on",
              ], status: 202)
          }
        })
    ]
  }

  private static func survivor(_ node: JSONNode) throws(Refusal) -> String {
    var reader = FieldReader(node, known: ["into"])
    let into = reader.string("into", required: true)
    try reader.check()
    return into ?? ""
  }
}
