import Domain
import Engine
import HTTP
import JSON
import SQL

/// `/v1/chains/{id}/publish`, `/pause`, `/resume`, `/versions`: what is live.
enum ChainLifeRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let answers = ChainAnswers(stages)
    let store = answers.store
    let changed = stages.chainsChanged
    return [
      Route(
        "POST", "/v1/chains/{id}/publish", .scopes([.edit]),
        .readThenWrite { call in
          let wish = try PublishWish(call.optionalJSON())
          return { db in
            let publication = try Publication(try answers.chain(call, db), answers, db)
            return wish.isDryRun ? .answer(publication.response()) : publication.publish(changed)
          }
        }),
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
            let versions: [JSONValue] = try store.versions(stored.number, db).map { version in
              [
                "version": .number(JSONNumber(version.version)), "published_at": .string(version.publishedAt.rfc3339),
                "live": .bool(version.version == stored.liveVersion),
              ]
            }
            return .json(["items": .array(versions), "next": .null])
          }
        }),
    ]
  }
}

/// The body of a publish: `{"runs": "pin", "dry_run": true}`.
private struct PublishWish: Sendable {
  let isDryRun: Bool

  init(_ node: JSONNode) throws(Refusal) {
    var reader = FieldReader(node, known: ["runs", "dry_run"])
    let runs = reader.string("runs") ?? "pin"
    isDryRun = reader.bool("dry_run") ?? false
    switch runs {
    case "pin": break
    case "follow", "restart":
      reader.refuse(
        "runs", .notYet, "`\(runs)` is part of the contract, but this server does not do it yet",
        hint: "`pin`: the runs inside finish on their version")
    default: reader.refuse("runs", .badValue, "expected pin, follow or restart, got \"\(runs)\"")
    }
    try reader.check()
  }
}

/// A chain that can be published, with what that would do.
private struct Publication: Sendable {
  let stored: ChainStore.Stored
  let answers: ChainAnswers
  let version: Int64
  let warnings: [Issue]
  let runs: [JSONValue]

  /// Throws what stands in the way: 409 where there is nothing to publish, 422 with all errors of the document.
  init(_ stored: ChainStore.Stored, _ answers: ChainAnswers, _ db: Connection) throws {
    let store = answers.store
    if stored.draft == nil, stored.status == .paused {
      throw Problem.conflict("nothing differs from the live version; a paused chain goes on by /resume")
    }
    guard let document = try store.newest(stored, db) else { throw Problem.conflict("there is no draft to publish") }
    let result = ChainParser.parse(
      try ChainDocument.parse(Array(document.utf8)), references: try answers.references(db, of: stored.id))
    guard result.chain != nil else { throw Problem.refused(result.errors, warnings: result.warnings) }
    (self.stored, self.answers, warnings) = (stored, answers, result.warnings)
    let newest = try store.versions(stored.number, db).first?.version ?? 0
    version = stored.draft == nil ? stored.liveVersion ?? newest : newest + 1
    runs = try Self.standing(stored, store, db)
  }

  /// The runs inside finish on the version they walk: each stays at its step.
  private static func standing(
    _ stored: ChainStore.Stored, _ store: ChainStore, _ db: Connection
  ) throws -> [JSONValue] {
    var labels = StepLabels()
    return try store.standing(stored.number, db).map { place in
      let step = try labels.label(chain: stored.number, version: place.version, step: place.step, db)
      return [
        "step": .string(step), "version": .number(JSONNumber(place.version)),
        "count": .number(JSONNumber(place.count)), "becomes": .string(step),
      ]
    }
  }

  func response(_ stored: ChainStore.Stored? = nil) -> Response {
    let body: JSONValue = [
      "version": .number(JSONNumber(version)), "runs": .array(runs), "existing": 0, "warnings": warnings.json,
    ]
    return .json(body, headers: [Revision((stored ?? self.stored).revision).header])
  }

  func publish(_ changed: @escaping @Sendable () -> Void) -> Route.Decision {
    .write { db, now in
      let store = answers.store
      guard let current = try store.chain(stored.id, db), current.revision == stored.revision else {
        throw Problem.changedMeanwhile
      }
      if current.draft != nil || current.status != .live {
        try store.publish(current, now: Timestamp(milliseconds: now), db)
        changed()
      }
      return response(try store.chain(stored.id, db))
    }
  }
}
