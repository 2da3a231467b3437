import Delivery
import Domain
import Engine
import HTTP
import JSON
import SQL

/// `/v1/templates` and `/v1/templates/{id}`: listed, read, saved as a new version, tried on a contact.
enum TemplateRoutes {
  /// A letter in many languages.
  private static let maxBytes = 4 << 20

  static func all(_ stages: Stages) -> [Route] {
    let store = TemplateStore()
    let catalog = stages.templates
    let reading = TemplateReading(shop: stages.templateShop)
    return [
      Route(
        "GET", "/v1/templates", .scopes([.read, .edit]),
        .read { call in
          let paging = try Paging(call, by: .text)
          return { db in
            let templates = try store.page(after: paging.text, limit: paging.limit + 1, db)
            return try .page(templates, paging, cursor: { [.string($0.id)] }, json: item).tagged()
          }
        }),
      Route(
        "GET", "/v1/templates/{id}", .scopes([.read, .edit]),
        .read { call in
          { db in
            guard let stored = try store.template(call["id"], db) else { throw noTemplate(call["id"]) }
            return try response(stored)
          }
        }),
      Route(
        "PUT", "/v1/templates/{id}", .scopes([.edit]),
        .readThenWrite { call in
          let id = call["id"]
          let document = try document(call)
          return { db in
            let template = try reading.make(document, db)
            let text = document.json.text
            return .write { db, now in
              let known = try store.template(id, db)
              try Revision.check(call, current: known.map { Revision($0.version) })
              let saved = try store.save(id, text, now: Timestamp(milliseconds: now), db)
              db.onCommit { catalog.invalidate(id) }
              let body: JSONValue = [
                "id": .string(id), "version": .number(JSONNumber(saved.stored.version)),
                "warnings": template.warnings.json,
              ]
              return .json(
                body, status: saved.created ? 201 : 200, headers: [Revision(saved.stored.version).header])
            }
          }
        }),
      Route(
        "POST", "/v1/templates/{id}/preview", .scopes([.read, .edit]),
        .read { call in
          let wish = try PreviewWish(call.optionalJSON())
          return { db in
            guard let template = try reading.template(call["id"], version: nil, db) else {
              throw noTemplate(call["id"])
            }
            return .json(try wish.preview(template, stages, db))
          }
        }),
    ]
  }

  private static func document(_ call: Call) throws -> TemplateDocument {
    try call.requireType(["application/json"])
    try call.requireSize(maxBytes)
    let node: JSONNode
    do { node = try JSONDocument(parsing: call.request.body).root } catch { throw Problem.refused([.syntax(error)]) }
    return try TemplateDocument(node)
  }

  private static func item(_ stored: TemplateStore.Stored) throws -> JSONValue {
    let document = try JSONValue(parsing: stored.document)
    var item = summary(stored)
    for key in ["name", "subject"] { item[key] = document[key] }
    return .object(item)
  }

  /// With its document's own fields beside the others.
  private static func response(_ stored: TemplateStore.Stored) throws -> Response {
    var body = summary(stored)
    for (name, value) in try JSONValue(parsing: stored.document).object ?? [:] { body[name] = value }
    return .json(.object(body), headers: [Revision(stored.version).header])
  }

  private static func summary(_ stored: TemplateStore.Stored) -> JSONObject {
    [
      "id": .string(stored.id), "version": .number(JSONNumber(stored.version)),
      "created_at": .string(stored.createdAt.rfc3339), "updated_at": .string(stored.updatedAt.rfc3339),
    ]
  }

  private static func noTemplate(_ id: String) -> Problem { .notFound("there is no template \(id)") }
}
