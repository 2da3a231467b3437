import Domain
import Engine
import HTTP
import JSON
import SQL

/// `/v1/chains` and `/v1/chains/{id}`: listed, read, saved as a draft, archived; `/v1/chains/validate` saves nothing.
enum ChainRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let answers = ChainAnswers(stages)
    let store = answers.store
    let changed = stages.chainsChanged
    return [
      Route(
        "GET", "/v1/chains", .scopes([.read, .edit]),
        .read { call in
          let paging = try Paging(call, by: .text)
          return { db in
            let chains = try store.page(after: paging.text, limit: paging.limit + 1, db)
            return try .page(chains, paging, cursor: { [.string($0.id)] }, json: { try answers.item($0, db) })
              .tagged()
          }
        }),
      Route(
        "GET", "/v1/chains/{id}", .scopes([.read, .edit]),
        .read { call in
          { db in
            let stored = try answers.chain(call, db)
            let document = try store.newest(stored, db).map { try ChainDocument.parse(Array($0.utf8)).value }
            return answers.response(stored, more: ["document": document ?? .null])
          }
        }),
      Route(
        "PUT", "/v1/chains/{id}", .scopes([.edit]),
        .readThenWrite { call in
          { db in
            // A long document is read where nobody waits for the next call.
            let document = try ChainDocument(call)
            guard document.result.chain != nil else {
              throw Problem.refused(document.result.errors, warnings: document.result.warnings)
            }
            // What is not there yet may come before the chain is published.
            let result = ChainParser.parse(document.node, references: try answers.references(db, of: call["id"]))
            let warnings = result.errors + result.warnings
            return .write { db, now in
              let known = try store.chain(call["id"], db)
              try Revision.check(call, current: known.map { Revision($0.revision) })
              let saved = try store.save(call["id"], draft: document.text, now: Timestamp(milliseconds: now), db)
              return answers.response(
                saved.stored, status: saved.created ? 201 : 200, more: ["warnings": warnings.json])
            }
          }
        }),
      Route(
        "DELETE", "/v1/chains/{id}", .scopes([.edit]),
        .write { call in
          { db, now in
            try store.archive(try answers.chain(call, db), now: Timestamp(milliseconds: now), db)
            changed()
            return .noContent
          }
        }),
      Route(
        "POST", "/v1/chains/validate", .scopes([.read, .edit]),
        .read { call in
          { db in try validation(call, answers, db) }
        }),
    ]
  }

  /// As a publish would see it, and 200 whatever it sees.
  private static func validation(_ call: Call, _ answers: ChainAnswers, _ db: Connection) throws -> Response {
    let document: ChainDocument
    do throws(Problem) {
      document = try ChainDocument(call)
    } catch {
      guard error.status == 422 else { throw error }
      return .json(["errors": error.errors.json, "warnings": []])
    }
    let result = ChainParser.parse(document.node, references: try answers.references(db))
    return .json(["errors": result.errors.json, "warnings": result.warnings.json])
  }
}
