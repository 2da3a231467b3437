import Domain
import Engine
import JSON

/// `/v1/chains/{id}/publish` and `/rollback`: the next version, and what becomes of the runs inside.
enum PublishRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let answers = ChainAnswers(stages)
    let changed = stages.chainsChanged
    return [
      Route(
        "POST", "/v1/chains/{id}/publish", .scopes([.edit]),
        .readThenWrite { call in
          let wish = try PublishWish(call.optionalJSON(), isRollback: false)
          return { db in
            let publication = try Publication(try answers.chain(call, db), wish, answers, db)
            return wish.isDryRun ? .answer(publication.response()) : publication.publish(changed)
          }
        }),
      Route(
        "POST", "/v1/chains/{id}/rollback", .scopes([.edit]),
        .readThenWrite { call in
          let wish = try PublishWish(call.optionalJSON(), isRollback: true)
          return { db in
            let publication = try Publication(try answers.chain(call, db), wish, answers, db)
            return wish.isDryRun ? .answer(publication.response()) : publication.publish(changed)
          }
        }),
    ]
  }
}

/// The body of a publish, `{"runs": "follow", "dry_run": true}`, or of a rollback, which says the version, too.
struct PublishWish: Sendable {
  let runs: InsideRuns
  let isDryRun: Bool
  /// Whose document is to be published; nil: the draft.
  let version: Int64?

  init(_ node: JSONNode, isRollback: Bool) throws(Refusal) {
    var reader = FieldReader(node, known: isRollback ? ["version", "runs", "dry_run"] : ["runs", "dry_run"])
    runs = reader.word("runs", InsideRuns.self) ?? .pin
    isDryRun = reader.bool("dry_run") ?? false
    version = isRollback ? reader.int("version", in: 1...Int64(Int32.max), required: true) : nil
    try reader.check()
  }
}
