import HTTP
import JSON

/// One route with what is written of it (see `RouteWords`), as an operation of OpenAPI.
struct DescribedRoute {
  let route: Route
  let words: JSONValue
  let group: RouteWords.Group
  /// All components, in which examples are looked up.
  let schemas: JSONObject

  private static let problemsOfBodies = [413, 415, 422]

  var json: JSONObject {
    var operation: JSONObject = ["operationId": words["id"] ?? "", "tags": [.string(group.tag)]]
    operation["summary"] = words["summary"]
    operation["description"] = words["description"]
    let parameters = places + query + conditions
    if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
    operation["requestBody"] = body
    operation["responses"] = .object(responses)
    switch route.access {
    case .open: operation["security"] = []
    case .scopes(let scopes):
      operation["security"] = .array(scopes.map { ["key": [.string($0.rawValue)]] })
      operation["x-scopes"] = .array(scopes.map { .string($0.rawValue) })
    }
    return operation
  }

  private var isRead: Bool { route.method == "GET" }
  private var isTagged: Bool { words["tagged"]?.bool == true }
  private var items: JSONValue? { [words["page"], words["list"]].compactMap { $0 }.first { !$0.isNull } }

  // MARK: what is asked

  private var places: [JSONValue] {
    route.pattern.placeNames.map { name in
      parameter(name, in: "path", words["places"]?[name] ?? group.places[name] ?? "Identifier", isRequired: true)
    }
  }

  private var query: [JSONValue] {
    let own = (words["query"]?.object ?? [:]).map { name, written in
      parameter(name, in: "query", written, isRequired: written["required"]?.bool == true)
    }
    return own + (words["page"] == nil ? [] : ["limit", "after"].map(Self.shared))
  }

  private var conditions: [JSONValue] {
    (isTagged ? [Self.shared(isRead ? "if_none_match" : "if_match")] : [])
      + (route.takesIdempotencyKey ? [Self.shared("idempotency_key")] : [])
  }

  private static func shared(_ name: String) -> JSONValue { ["$ref": .string("#/components/parameters/" + name)] }

  /// Of a written schema `description`, `required` and `example` are the parameter's.
  private func parameter(_ name: String, in place: String, _ written: JSONValue, isRequired: Bool) -> JSONValue {
    var schema = written.object ?? ["is": written]
    var parameter: JSONObject = ["name": .string(name), "in": .string(place)]
    parameter["description"] = schema["description"]
    if isRequired { parameter["required"] = true }
    let example = schema["example"]
    for key in ["description", "required", "example"] { schema[key] = nil }
    parameter["schema"] = SchemaNotation().schema(.object(schema))
    parameter["example"] = example
    return .object(parameter)
  }

  private var body: JSONValue? {
    guard let taken = words["takes"] else { return nil }
    let byType = taken.object ?? [Response.jsonType: taken]
    var content = JSONObject()
    for (type, written) in byType {
      content[type] = .object(media(written, example: type == Response.jsonType ? words["example"] : nil))
    }
    return ["required": .bool(words["bodyMayBeAbsent"]?.bool != true), "content": .object(content)]
  }

  // MARK: what is answered

  private var responses: JSONObject {
    var responses = JSONObject()
    if let items { responses["200"] = page(of: items) }
    for (status, words) in words["answers"]?.object ?? [:] { responses[status] = answer(words, status) }
    if isTagged, isRead { responses["304"] = ["description": "It is still what the caller has.", "headers": Self.tag] }
    for status in problems where responses[String(status)] == nil {
      responses[String(status)] = ["$ref": .string("#/components/responses/Problem\(status)")]
    }
    return responses
  }

  /// What the routes share is added to what is written of this one.
  private var problems: [Int] {
    var statuses: Set<Int> = [400, 503]
    if case .scopes = route.access { statuses.formUnion([401, 403, 429]) }
    if !route.pattern.placeNames.isEmpty { statuses.insert(404) }
    if !query.isEmpty { statuses.insert(414) }
    if words["takes"] != nil { statuses.formUnion(Self.problemsOfBodies) }
    if isTagged, !isRead { statuses.insert(412) }
    if route.takesIdempotencyKey { statuses.formUnion([409, 422]) }
    statuses.formUnion((words["refuses"]?.array ?? []).compactMap { $0.number?.int.map { Int($0) } })
    return statuses.sorted()
  }

  private func page(of items: JSONValue) -> JSONValue {
    let isPaged = words["page"] != nil
    let schema: JSONValue = [
      "type": "object", "required": ["items", "next"],
      "properties": [
        "items": ["type": "array", "items": SchemaNotation().schema(items)],
        "next": isPaged
          ? ["type": ["string", "null"], "description": "What `after` is to bring; null on the last page."]
          : ["type": "null", "description": "Such lists have one page."],
      ],
    ]
    var media: JSONObject = ["schema": schema]
    if let item = example(SchemaNotation().schema(items)) { media["example"] = ["items": [item], "next": .null] }
    var answer: JSONObject = [
      "description": .string(isPaged ? "A page of the list." : "The list."),
      "content": [Response.jsonType: .object(media)],
    ]
    if isTagged { answer["headers"] = Self.tag }
    return .object(answer)
  }

  private func answer(_ written: JSONValue, _ status: String) -> JSONValue {
    let isShort = written.string != nil || written.isNull
    var answer: JSONObject = ["description": (isShort ? nil : written["description"]) ?? .string(Self.phrase(status))]
    var headers = (isShort ? nil : written["headers"]?.object) ?? [:]
    if isTagged, !written.isNull { headers["ETag"] = Self.tag["ETag"] }
    if route.takesIdempotencyKey { headers["Idempotent-Replayed"] = Self.replayed }
    if !headers.isEmpty { answer["headers"] = .object(headers) }
    var content = JSONObject()
    if isShort, !written.isNull {
      content[Response.jsonType] = .object(media(written))
    } else if let types = written["types"]?.object {
      for (type, schema) in types { content[type] = .object(media(schema)) }
    } else if let schema = written["schema"] {
      content[written["type"]?.string ?? Response.jsonType] = .object(media(schema))
    }
    if !content.isEmpty { answer["content"] = .object(content) }
    return .object(answer)
  }

  private static let tag: JSONValue = ["ETag": ["$ref": "#/components/headers/ETag"]]

  private static let replayed: JSONValue = ["$ref": "#/components/headers/Idempotent-Replayed"]

  private static func phrase(_ status: String) -> String {
    switch status {
    case "201": "Made."
    case "202": "Taken; it is done in the order of the log."
    case "204": "Done; there is nothing to say."
    default: "Done."
    }
  }

  // MARK: bodies

  private func media(_ written: JSONValue, example given: JSONValue? = nil) -> JSONObject {
    let schema = SchemaNotation().schema(written)
    var media: JSONObject = ["schema": schema]
    media["example"] = given ?? example(schema)
    return media
  }

  /// The first of a schema, or of what it leads to.
  private func example(_ schema: JSONValue) -> JSONValue? {
    if let first = schema["examples"]?.array?.first { return first }
    let prefix = "#/components/schemas/"
    guard let reference = schema["$ref"]?.string, reference.hasPrefix(prefix) else { return nil }
    return schemas[String(reference.dropFirst(prefix.count))].flatMap(example)
  }
}
