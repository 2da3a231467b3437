import Delivery
import Domain
import Engine
import HTTP
import JSON
import Rehearsal
import SQL

/// `POST /v1/chains/{id}/rehearse`, `/v1/rehearsals` and `/v1/rehearsals/{id}`: stored events replayed through the
/// draft, else the live version, on a thread and in a file of its own.
enum RehearsalRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let answers = ChainAnswers(stages)
    let (rehearsals, readers, templates, now) = (
      stages.worlds.rehearsals, stages.readers, stages.templates, stages.now
    )
    return [
      Route(
        "POST", "/v1/chains/{id}/rehearse", .scopes([.read, .edit]),
        .custom { call, reply in
          try call.requireQuery([])
          let time = try RehearsalTime(call.json(), now: Timestamp(milliseconds: now()))
          readers.submit { db in
            do {
              let found = try material(call, answers, templates, db)
              let wish = RehearsalWish(
                number: found.number, chain: found.id, document: found.document, from: time.from, to: time.to)
              try begin(wish, templates: found.templates, rehearsals, waits: time.waits, now: now(), reply)
            } catch {
              reply(Problem(error).response)
            }
          } rejected: {
            reply(Problem.overloaded(retryAfterSeconds: 1).response)
          }
        }),
      Route(
        "GET", "/v1/rehearsals", .scopes([.read, .edit]),
        .immediate { call in
          try call.requireQuery([])
          return .json(["items": .array(rehearsals.all.map(\.json)), "next": .null])
        }),
      Route(
        "GET", "/v1/rehearsals/{id}", .scopes([.read, .edit]),
        .immediate { call in
          guard let status = rehearsals.status(call["id"]) else { throw none(call["id"]) }
          return response(status)
        }),
      Route(
        "DELETE", "/v1/rehearsals/{id}", .scopes([.edit]),
        .immediate { call in
          guard let status = rehearsals.cancel(call["id"]) else { throw none(call["id"]) }
          return response(status)
        }),
    ]
  }

  private struct Material {
    let number: Int64
    let id: String
    let document: String
    let templates: [String: String]
  }

  /// What is to be rehearsed, as it could be published.
  private static func material(
    _ call: Call, _ answers: ChainAnswers, _ templates: TemplateCatalog, _ db: Connection
  ) throws -> Material {
    let stored = try answers.chain(call, db)
    let material = try ChainMaterial.read([stored.id], answers, templates, db)
    guard let document = material.chains[stored.id] else { throw Problem.notFound() }
    var references = try answers.references(db, of: stored.id)
    // A broadcast that is past is what there is to rehearse.
    references.time = nil
    let result = ChainParser.parse(try ChainDocument.parse(Array(document.utf8)), references: references)
    guard result.chain != nil else { throw Problem.refused(result.errors) }
    return Material(number: stored.number, id: stored.id, document: document, templates: material.templates)
  }

  private static func begin(
    _ wish: RehearsalWish, templates: [String: String], _ rehearsals: Rehearsals, waits: Bool, now: Int64,
    _ reply: @escaping Reply
  ) throws {
    let then: @Sendable (RehearsalStatus) -> Void = { status in
      if waits { reply(response(status)) }
    }
    guard let begun = rehearsals.begin(wish, templates: templates, now: now, then: then) else {
      throw Problem.overloaded(retryAfterSeconds: 10)
    }
    if !waits { reply(.json(["id": .string(begun.id)], status: 202)) }
  }

  private static func response(_ status: RehearsalStatus) -> Response { .json(status.json) }

  private static func none(_ id: String) -> Problem {
    .notFound("there is no rehearsal \(id); the last ones are remembered until the server ends")
  }
}

/// `{"from": "2026-02-01T00:00:00Z", "to": "2026-03-01T00:00:00Z", "wait"?: true}`
private struct RehearsalTime: Sendable {
  let from: Timestamp
  let to: Timestamp
  let waits: Bool

  init(_ node: JSONNode, now: Timestamp) throws(Refusal) {
    var reader = FieldReader(node, known: ["from", "to", "wait"])
    let from = reader.time("from", required: true)
    let to = reader.time("to", required: true)
    waits = reader.bool("wait") ?? false
    if let from, let to, from >= to {
      reader.refuse("to", .badValue, "expected a time after \(from.rfc3339), got \(to.rfc3339)")
    } else if let to, to > now {
      reader.refuse("to", .badValue, "expected a time that has passed, by now \(now.rfc3339), got \(to.rfc3339)")
    }
    try reader.check()
    (self.from, self.to) = (from ?? now, to ?? now)
  }
}
