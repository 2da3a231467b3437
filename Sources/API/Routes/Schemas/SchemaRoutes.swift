import HTTP
import JSON
import Schemas

/// `/v1/schemas`: what editors complete and check documents by. Any key will do.
enum SchemaRoutes {
  static let all: [Route] = [
    Route(
      "GET", "/v1/schemas", .scopes(Scope.allCases),
      .immediate { _ in .json(["items": .array(items), "next": .null]).tagged() }),
    Route(
      "GET", "/v1/schemas/{name}", .scopes(Scope.allCases),
      .immediate { call in
        guard let schema = PublishedSchema.all.first(where: { $0.name == call["name"] }) else {
          let names = PublishedSchema.all.map(\.name).joined(separator: ", ")
          throw Problem.notFound("there is no schema \(call["name"]), only \(names)")
        }
        return Response(
          status: 200, headers: [("Content-Type", "application/schema+json"), ("Cache-Control", "max-age=300")],
          body: schema.text
        ).tagged()
      }),
  ]

  private static let items: [JSONValue] = PublishedSchema.all.map { schema in
    let document = try? JSONDocument(parsing: schema.text).root
    var item: JSONObject = ["name": .string(schema.name), "url": .string("/v1/schemas/" + schema.name)]
    for key in ["title", "description"] { item[key] = document?[key]?.value }
    return .object(item)
  }
}
