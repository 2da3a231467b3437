import Domain
import Engine
import Erasure
import HTTP
import Ingest
import JSON

/// `/v1/contacts/{id}/consents`: proofs are appended, none is ever changed.
enum ConsentRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let people = People()
    let consents = Consents()
    let log = stages.log
    let tombstones = stages.erasures.tombstones
    return [
      Route(
        "POST", "/v1/contacts/{id}/consents", .scopes([.events]),
        .write { call in
          let id = call["id"]
          let proof = try ConsentProof(call.json())
          return { db, now in
            let now = Timestamp(milliseconds: now)
            let contact = try people.required(id, db)
            try consents.record(proof, of: contact.row, now: now, db)
            // A new word of his own takes back the unsubscribe it comes after; a complaint or a block stays.
            if proof.granted, let address = contact.address(for: proof.channel) {
              try Suppressions().liftUnsubscribe(of: address, channel: proof.channel, db)
              try tombstones.liftSuppression(
                of: address, channel: proof.channel, reach: "marketing", reason: Suppressions.unsubscribed, db)
            }
            try ContactEvents.updated(contact.row, fields: ["consents." + proof.channel], now: now, log, db)
            return .json(["consents": .array(try consents.all(of: contact.row, db).map(\.json))], status: 201)
          }
        }),
      Route(
        "GET", "/v1/contacts/{id}/consents", .scopes([.read]),
        .read { call in
          let id = call["id"]
          let paging = try Paging(call, by: .number)
          return { db in
            let row = try people.required(id, db).row
            let items = try consents.records(of: row, after: paging.number, limit: paging.limit + 1, db)
            return .page(items, paging, cursor: { [.number(JSONNumber($0.id))] }, json: \.json)
          }
        }),
    ]
  }
}
