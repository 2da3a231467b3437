// OpenAPI: the routes come in, and what people have written of them in the files beside them (`*.openapi.json`); out goes
// one document that describes the whole contract. What a route knows by itself (method, path, places, scopes, whether it
// takes a body) and what all of them share (keys, problems, paging) is put in here, so that no file says it again. It
// must not know what any route does.

import JSON

/// The HTTP contract as OpenAPI 3.1.
struct OpenAPI: Sendable {
  let document: JSONValue

  /// Describes these routes and no others: what is written of a route that this server does not have is left out.
  /// Cost: some milliseconds.
  init(_ routes: [Route], documents: DocumentSchemas = .whole) throws(JSONError) {
    let (common, groups) = (try RouteWords.common(), try RouteWords.groups())
    let components = try Self.schemas(common, groups, documents)
    var paths = JSONObject()
    var tags: [JSONValue] = []
    for group in groups {
      let described = group.operations.compactMap { operation in
        routes.first { "\($0.method) \($0.pattern.text)" == operation.key }.map { route in
          DescribedRoute(route: route, words: operation.value, group: group, schemas: components)
        }
      }
      guard !described.isEmpty else { continue }
      tags.append(["name": .string(group.tag), "description": .string(group.description)])
      for described in described {
        let path = described.route.pattern.text
        var operations = paths[path]?.object ?? [:]
        operations[described.route.method.lowercased()] = .object(described.json)
        paths[path] = .object(operations)
      }
    }
    document = [
      "openapi": "3.1.0", "info": common["info"] ?? [:], "servers": [["url": "/"]], "tags": .array(tags),
      "paths": .object(paths),
      "components": [
        "securitySchemes": ["key": common["key"] ?? [:]], "parameters": common["parameters"] ?? [:],
        "headers": common["headers"] ?? [:], "responses": .object(Self.problems(common)),
        "schemas": .object(components),
      ],
    ]
  }

  private static func schemas(
    _ common: JSONObject, _ groups: [RouteWords.Group], _ documents: DocumentSchemas
  ) throws(JSONError) -> JSONObject {
    var written = common["schemas"]?.object ?? [:]
    for group in groups {
      for (name, schema) in group.schemas { written[name] = schema }
    }
    var schemas = JSONObject()
    for (name, schema) in written { schemas[name] = SchemaNotation(others: written).schema(schema) }
    for (name, schema) in try documents.components { schemas[name] = schema }
    return schemas
  }

  /// `Problem404` and the like, to which operations refer.
  private static func problems(_ common: JSONObject) -> JSONObject {
    var responses = JSONObject()
    for (status, words) in common["problems"]?.object ?? [:] {
      var response: JSONObject = ["description": words["description"] ?? ""]
      response["headers"] = words["headers"]
      var content: JSONObject = ["schema": SchemaNotation.reference(to: "Problem")]
      content["example"] = words["example"]
      response["content"] = [Problem.mediaType: .object(content)]
      responses["Problem" + status] = .object(response)
    }
    return responses
  }
}
