import Domain
import Engine
import HTTP
import JSON
import SQL

/// `/v1/chains/{id}/pause`, `/resume`, `/versions`: what is live.
enum ChainLifeRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let answers = ChainAnswers(stages)
    let store = answers.store
    let changed = stages.chainsChanged
    return [
      Route(
        "POST", "/v1/chains/{id}/pause", .scopes([.edit]),
        .write { call in
          { db, now in
            let stored = try answers.chain(call, db)
            guard stored.status == .live || stored.status == .paused else {
              throw Problem.conflict("expected a live chain, this one is \(stored.status.rawValue)")
            }
            try store.pause(stored, now: Timestamp(milliseconds: now), db)
            changed()
            return answers.response(try store.chain(stored.id, db) ?? stored)
          }
        }),
      Route(
        "POST", "/v1/chains/{id}/resume", .scopes([.edit]),
        .write { call in
          { db, now in
            let stored = try answers.chain(call, db)
            guard stored.status == .live || stored.status == .paused else {
              throw Problem.conflict("expected a paused chain, this one is \(stored.status.rawValue)")
            }
            try store.resume(stored, now: Timestamp(milliseconds: now), db)
            changed()
            return answers.response(try store.chain(stored.id, db) ?? stored)
          }
        }),
      Route(
        "GET", "/v1/chains/{id}/versions", .scopes([.read, .edit]),
        .read { call in
          try call.requireQuery([])
          return { db in
            let stored = try answers.chain(call, db)
            let inside = try store.inside(stored.number, db)
            let versions: [JSONValue] = try store.versions(stored.number, db).map { version in
              [
                "version": .number(JSONNumber(version.version)), "published_at": .string(version.publishedAt.rfc3339),
                "live": .bool(version.version == stored.liveVersion),
                "runs": .number(JSONNumber(inside[version.version] ?? 0)),
              ]
            }
            return .json(["items": .array(versions), "next": .null])
          }
        }),
    ]
  }
}
