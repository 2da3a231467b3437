import Domain
import Engine
import HTTP
import JSON

/// `POST /v1/contacts/import` and `GET /v1/contacts/export`: all contacts in and out, as CSV or NDJSON, of any size.
/// `/v1/attributes`: what the values of each attribute are.
enum TransferRoutes {
  static let csv = "text/csv"

  static func all(_ stages: Stages) -> [Route] {
    var take = Route(
      "POST", "/v1/contacts/import", .scopes([.events]),
      .custom { call, reply in
        try call.requireQuery(["raw"])
        try ContactsImport(call, stages, reply).begin()
      })
    take.takesFiles = true
    return [
      take,
      Route(
        "GET", "/v1/contacts/export", .scopes([.read]),
        .custom { call, reply in
          try call.requireQuery(["format", "raw"])
          let format = try call.word("format", ContactReader.Format.self) ?? .ndjson
          ContactsExport(format, isRaw: try call.isRaw, stages, reply).begin()
        }),
      Route(
        "GET", "/v1/attributes", .scopes([.read]),
        .read { call in
          try call.requireQuery([])
          return { db in
            let items: [JSONValue] = try AttributeTypes().all(db).map {
              ["name": .string($0.name), "type": .string($0.type.rawValue)]
            }
            return .json(["items": .array(items), "next": .null])
          }
        }),
      Route(
        "PUT", "/v1/attributes/{name}", .scopes([.edit]),
        .write { call in
          let name = call["name"]
          guard AttributeTypes.isName(name) else {
            throw Problem.badRequest("expected an attribute's name of letters, digits and `_`, got \"\(name)\"")
          }
          var reader = FieldReader(try call.json(), known: ["type"])
          let type = reader.word("type", AttributeType.self)
          if type == nil, reader.issues.isEmpty {
            reader.refuse("type", .missing, "expected one of \(AttributeType.allCases.map(\.rawValue))")
          }
          try reader.check()
          return { db, _ in
            if let type { try AttributeTypes().set(name, type, db) }
            return .json(["name": .string(name), "type": type.map { .string($0.rawValue) } ?? .null])
          }
        }),
    ]
  }
}

extension Call {
  /// Whether cells are taken and given as they stand.
  var isRaw: Bool {
    get throws(Problem) {
      switch request.query("raw") {
      case nil, "false": return false
      case "true", "": return true
      case let other?: throw .badQuery("raw", "expected true or false, got \"\(other)\"")
      }
    }
  }
}
