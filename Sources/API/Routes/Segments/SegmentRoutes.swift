import Domain
import Engine
import HTTP
import JSON
import SQL

/// `/v1/segments` and `/v1/segments/{id}`: listed, read, saved, deleted; who is in one; and tried before it is saved.
enum SegmentRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let answers = ChainAnswers(stages)
    let store = SegmentStore()
    let memberships = Memberships()
    let people = People()
    let changed = stages.chainsChanged
    return [
      Route(
        "GET", "/v1/segments", .scopes([.read, .edit]),
        .read { call in
          let paging = try Paging(call, by: .text)
          return { db in
            let segments = try store.page(after: paging.text, limit: paging.limit + 1, db)
            let newest = try people.newest(db)
            return try .page(segments, paging, cursor: { [.string($0.id)] }) { stored in
              var item = summary(stored, newest: newest)
              item["name"] = try SegmentDocument.parse(Array(stored.document.utf8))["name"]?.string.map(
                JSONValue.string)
              return .object(item)
            }
            .tagged()
          }
        }),
      Route(
        "GET", "/v1/segments/{id}", .scopes([.read, .edit]),
        .read { call in
          { db in
            let stored = try segment(call, db)
            let document = try SegmentDocument.parse(Array(stored.document.utf8)).value
            return response(stored, newest: try people.newest(db), more: ["document": document])
          }
        }),
      Route(
        "PUT", "/v1/segments/{id}", .scopes([.edit]),
        .readThenWrite { call in
          let id = call["id"]
          let document = try SegmentDocument(call)
          return { db in
            let result = SegmentParser.parse(document.node, references: try answers.references(db, ofSegment: id))
            guard let segment = result.segment else { throw Problem.refused(result.errors, warnings: result.warnings) }
            return .write { db, now in
              let known = try store.segment(id, db)
              try Revision.check(call, current: known.map { Revision($0.revision) })
              // Others may have been saved since they were looked at.
              if let issue = try store.obstacle(to: segment, as: id, db) { throw Problem.refused([issue]) }
              let saved = try store.save(
                id, document: document.text, isSameCondition: known?.condition == segment.condition,
                now: Timestamp(milliseconds: now), db)
              changed()
              return response(
                saved.stored, newest: try people.newest(db), status: saved.created ? 201 : 200,
                more: ["warnings": result.warnings.json])
            }
          }
        }),
      Route(
        "DELETE", "/v1/segments/{id}", .scopes([.edit]),
        .write { call in
          { db, _ in
            let stored = try segment(call, db)
            if let user = try SegmentUse.first(of: stored.id, db) {
              throw Problem.conflict("\(user) asks for the segment \(stored.id): change or archive that first")
            }
            try store.delete(stored.id, db)
            changed()
            return .noContent
          }
        }),
      Route(
        "GET", "/v1/segments/{id}/members", .scopes([.read, .edit]),
        .read { call in
          let paging = try Paging(call, by: .number)
          return { db in
            let stored = try segment(call, db)
            let members = try memberships.page(of: stored.number, after: paging.number, limit: paging.limit + 1, db)
            return try .page(members, paging, cursor: { [.number(JSONNumber($0.contact))] }) { member in
              let id = try people.contact(member.contact, db)?.publicID ?? String(member.contact)
              return ["id": .string(id), "since": .string(member.since.rfc3339)]
            }
          }
        }),
      Route(
        "POST", "/v1/segments/preview", .scopes([.read, .edit]),
        .read { call in
          let document = try SegmentDocument(call)
          return { db in
            let result = SegmentParser.parse(document.node, references: try answers.references(db, ofSegment: nil))
            guard let segment = result.segment else { throw Problem.refused(result.errors, warnings: result.warnings) }
            let preview = try SegmentPreview(
              segment.condition, timeline: stages.timeline, rules: stages.rules,
              now: Timestamp(milliseconds: stages.now()),
              monotonic: stages.monotonic, db)
            return .json(preview.json(warnings: result.warnings))
          }
        }),
    ]
  }

  /// 404 when there is none, 412 when the call's conditions do not hold.
  private static func segment(_ call: Call, _ db: Connection) throws -> SegmentStore.Stored {
    guard let stored = try SegmentStore().segment(call["id"], db) else {
      throw Problem.notFound("there is no segment \(call["id"])")
    }
    try Revision.check(call, current: Revision(stored.revision))
    return stored
  }

  /// - Parameter newest: the contact made last: how far the first look at everybody has to go.
  private static func summary(_ stored: SegmentStore.Stored, newest: Int64) -> JSONObject {
    var object: JSONObject = [
      "id": .string(stored.id), "state": .string(stored.state.rawValue), "members": .number(JSONNumber(stored.members)),
      "revision": .number(JSONNumber(stored.revision)), "created_at": .string(stored.createdAt.rfc3339),
      "updated_at": .string(stored.updatedAt.rfc3339),
      "computed_at": stored.computedAt.map { .string($0.rfc3339) } ?? .null,
    ]
    // Only while it is under way.
    if stored.state == .computing {
      let share = newest == 0 ? 1 : Double(stored.walked) / Double(newest)
      object["progress"] = JSONNumber((share * 1000).rounded(.down) / 1000).map { .number($0) } ?? .null
    }
    return object
  }

  private static func response(
    _ stored: SegmentStore.Stored, newest: Int64, status: Int = 200, more: JSONObject
  ) -> Response {
    var body = summary(stored, newest: newest)
    let standing = Response.digest(JSONValue.object(body).serialized())
    for (name, value) in more { body[name] = value }
    return .json(
      .object(body), status: status, headers: [Revision(stored.revision, standing: standing).header])
  }
}
