import Domain
import Engine
import HTTP
import JSON
import SQL

/// A chain that can be published, with what that would do.
struct Publication: Sendable {
  private let stored: ChainStore.Stored
  private let wish: PublishWish
  private let answers: ChainAnswers
  private let version: Int64
  private let warnings: [Issue]
  private let runs: [JSONValue]
  private let existing: Int64

  /// Throws what stands in the way: 404 for an unknown version, 409 where there is nothing to publish or another
  /// publication is not done yet, 422 with all errors of the document or for runs that cannot follow.
  init(_ stored: ChainStore.Stored, _ wish: PublishWish, _ answers: ChainAnswers, _ db: Connection) throws {
    let store = answers.store
    if let target = stored.movingTo {
      throw Problem.conflict(
        "runs inside are still on their way to version \(target); try again when `moving_to` of the chain is null")
    }
    guard let document = try Self.document(stored, wish, store, db) else {
      throw Problem.conflict("there is no draft to publish")
    }
    let node = try ChainDocument.parse(Array(document.utf8))
    let result = ChainParser.parse(node, references: try answers.references(db, of: stored.id))
    guard let chain = result.chain else { throw Problem.refused(result.errors, warnings: result.warnings) }
    (self.stored, self.wish, self.answers, warnings) = (stored, wish, answers, result.warnings)
    let isNew = wish.version != nil || stored.draft != nil
    version = isNew ? try store.nextVersion(stored.number, db) : stored.liveVersion ?? 0
    var standing = Standing(chain: stored.number, version: version, text: node, steps: chain, runs: wish.runs)
    runs = try store.standing(stored.number, db).map { try standing.answer($0, db) }
    existing = try answers.existing(chain, of: stored, db)
    guard standing.errors.isEmpty else { throw Problem.refused(standing.errors, warnings: result.warnings) }
  }

  /// Nil: there is none.
  private static func document(
    _ stored: ChainStore.Stored, _ wish: PublishWish, _ store: ChainStore, _ db: Connection
  ) throws -> String? {
    guard let version = wish.version else {
      if stored.draft == nil, stored.status == .paused, wish.runs == .pin {
        throw Problem.conflict("nothing differs from the live version; a paused chain goes on by /resume")
      }
      return try store.newest(stored, db)
    }
    guard let document = try store.document(stored.number, version: version, db) else {
      throw Problem.notFound("the chain \(stored.id) has no version \(version); GET /v1/chains/\(stored.id)/versions")
    }
    if version == stored.liveVersion {
      throw Problem.conflict("version \(version) is the live one; name an earlier version to go back to")
    }
    return document
  }

  func response(_ stored: ChainStore.Stored? = nil) -> Response {
    let body: JSONValue = [
      "version": .number(JSONNumber(version)), "runs": .array(runs), "existing": .number(JSONNumber(existing)),
      "warnings": warnings.json,
    ]
    return .json(body, headers: [Revision((stored ?? self.stored).revision).header])
  }

  func publish(_ changed: @escaping @Sendable () -> Void) -> Route.Decision {
    .write { db, now in
      let (store, now) = (answers.store, Timestamp(milliseconds: now))
      guard let current = try store.chain(stored.id, db), current.revision == stored.revision, current.movingTo == nil
      else { throw Problem.changedMeanwhile }
      if let version = wish.version {
        _ = try store.rollBack(current, to: version, runs: wish.runs, now: now, db)
        changed()
      } else if current.draft != nil || current.status != .live || wish.runs != .pin {
        try store.publish(current, runs: wish.runs, now: now, db)
        changed()
      }
      return response(try store.chain(stored.id, db))
    }
  }
}
