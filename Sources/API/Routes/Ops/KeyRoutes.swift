import Domain
import HTTP
import JSON

/// `/v1/keys`: made, listed and revoked by an admin; the secret is shown once, when it is made.
enum KeyRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let keys = stages.keys
    let (random, clock) = (stages.random, stages.now)
    return [
      Route(
        "POST", "/v1/keys", .scopes([.admin]),
        .write { call in
          let draft = try KeyDraft(call.json(), now: Timestamp(milliseconds: clock()))
          let secret = KeySecret(random: random(KeySecret.randomBytes))
          return { db, now in
            let key = try keys.create(draft, secret: secret, now: Timestamp(milliseconds: now), db)
            var answer = key.json.object ?? [:]
            answer["key"] = .string(secret.text)
            return .json(.object(answer), status: 201, headers: [("Location", "/v1/keys/" + key.id)])
          }
        }),
      Route(
        "GET", "/v1/keys", .scopes([.admin]),
        .read { call in
          let paging = try Paging(call, by: .text)
          return { db in
            let items = try keys.page(after: paging.text, limit: paging.limit + 1, db)
            return .page(items, paging, cursor: { [.string($0.id)] }, json: \.json)
          }
        }),
      Route(
        "DELETE", "/v1/keys/{id}", .scopes([.admin]),
        .write { call in
          let id = call["id"]
          return { db, _ in
            guard try keys.revoke(id, db) else { throw Problem.notFound("there is no key \(id)") }
            return .noContent
          }
        }),
    ]
  }
}
