import Domain
import JSON
import Logging
import SQL
import Testing

@testable import API

/// That it is valid OpenAPI, that examples fit, and that a real server answers as it says: `DescriptionWalkTests`.
@Suite("The description of the API") struct OpenAPITests {
  /// With all the routes there can be.
  private static func everything() throws -> TestAPI {
    try TestAPI(
      testClock: { _, done in done(.success(Timestamp(milliseconds: 0))) },
      backup: { done in done(.failure(StoreUnavailable(reason: "no copy in this test"))) },
      logControl: LogControl(level: { .info }, set: { _ in }))
  }

  private static func operations(_ document: JSONValue) -> [(path: String, method: String, words: JSONValue)] {
    (document["paths"]?.object ?? [:]).flatMap { path, methods in
      (methods.object ?? [:]).map { method, words in (path, method.uppercased(), words) }
    }
  }

  @Test("every route is described, and nothing is that is no route")
  func isWhole() throws {
    let routes = try Self.everything().routes.map { "\($0.method) \($0.pattern.text)" }
    let described = try RouteWords.groups().flatMap(\.operations.keys)
    #expect(Set(described) == Set(routes))
    #expect(described.count == routes.count)
  }

  @Test("a route that a server does not have is not in its description")
  func isOfThisServer() throws {
    let paths = try TestAPI().call("GET", "/v1/openapi.json").json["paths"]
    #expect(paths?["/v1/test-clock"] == nil && paths?["/v1/events"] != nil)
  }

  @Test("each has an id of its own, a summary, the scopes of its route and an example of every JSON body")
  func isComplete() throws {
    let api = try Self.everything()
    let document = try OpenAPI(api.routes).document
    var ids: Set<String> = []
    for (path, method, words) in Self.operations(document) {
      let call = "\(method) \(path)"
      let (isNew, id) = ids.insert(words["operationId"]?.string ?? "")
      #expect(isNew && !id.isEmpty, "\(call)")
      #expect(words["summary"]?.string?.isEmpty == false, "\(call)")
      let route = try #require(api.routes.first { $0.method == method && $0.pattern.text == path })
      switch route.access {
      case .open: #expect(words["security"] == [] && words["x-scopes"] == nil, "\(call)")
      case .scopes(let scopes): #expect(words["x-scopes"] == .array(scopes.map { .string($0.rawValue) }), "\(call)")
      }
      let answers = (words["responses"]?.object ?? [:]).filter { $0.key < "300" }.map(\.value)
      #expect(!answers.isEmpty || words["responses"]?["302"] != nil, "\(call)")
      for body in answers + [words["requestBody"]].compactMap({ $0 }) {
        guard let media = body["content"]?["application/json"], media["schema"] != ["type": "object"] else { continue }
        #expect(media["example"] != nil, "\(call)")
      }
    }
  }

  @Test("whatever it refers to is in it")
  func isClosed() throws {
    let routes = try Self.everything().routes
    func look(_ value: JSONValue, in document: JSONValue) {
      for (key, value) in value.object ?? [:] {
        guard key == "$ref", let reference = value.string else {
          look(value, in: document)
          continue
        }
        let parts = reference.split(separator: "/").map(String.init)
        #expect(parts.first == "#" && parts.dropFirst().reduce(document) { $0?[$1] } != nil, "\(reference)")
      }
      for element in value.array ?? [] { look(element, in: document) }
    }
    for documents in DocumentSchemas.allCases {
      let document = try OpenAPI(routes, documents: documents).document
      look(document, in: document)
    }
  }

  @Test("documents are components with all their parts, or any object where that is asked for")
  func documents() throws {
    let api = try TestAPI()
    let whole = api.call("GET", "/v1/openapi.json").json["components"]?["schemas"]
    #expect(whole?["Chain"]?["properties"]?["steps"] != nil && whole?["Chain.step"] != nil)
    let open = api.call("GET", "/v1/openapi.json?documents=open").json["components"]?["schemas"]
    #expect(open?["Chain"]?["additionalProperties"] == true && open?["Chain"]?["examples"] != nil)
    #expect(open?.object?.keys.contains { $0.contains(".") } == false && open?["Contact"] == whole?["Contact"])
  }

  @Test("schemas are objects throughout: many programs that write clients know no true and false")
  func isPlain() throws {
    let values: Set = ["example", "examples", "default", "const", "enum"]
    let places: Set = ["if", "then", "else", "not", "items", "schema"]
    func look(_ value: JSONValue, isMap: Bool = false) {
      for (key, value) in value.object ?? [:] where isMap || !values.contains(key) {
        if isMap || places.contains(key) { #expect(value.bool == nil, "\(key)") }
        look(value, isMap: !isMap && key == "properties")
      }
      for element in value.array ?? [] { look(element) }
    }
    look(try OpenAPI(try Self.everything().routes).document)
  }

  @Test("the query parameters it names are those that the routes know")
  func namesQuery() throws {
    let api = try Self.everything()
    var asked = 0
    for (path, method, words) in Self.operations(try OpenAPI(api.routes).document) where words["x-scopes"] != nil {
      let filled = path.split(separator: "/").map { $0.hasPrefix("{") ? "1" : String($0) }.joined(separator: "/")
      let problem = api.call(method, "/\(filled)?no_such_parameter=1", method == "GET" ? nil : "{}").json
      // Most calls that change something have none, and look at their body alone.
      guard problem["type"] == "urn:zveno:problem:bad_query" else { continue }
      asked += 1
      let named = (words["parameters"]?.array ?? []).compactMap { parameter -> String? in
        if parameter["in"] == "query" { return parameter["name"]?.string }
        return ["limit", "after"].first { parameter["$ref"]?.string?.hasSuffix("/" + $0) == true }
      }
      #expect(Set(named) == Set(Self.known(in: problem)), "\(method) \(path)")
    }
    #expect(asked > 30)
  }

  /// "`x`: expected one of limit, after, got `x`", or "expected no parameters".
  private static func known(in problem: JSONValue) -> [String] {
    let detail = problem["detail"]?.string ?? ""
    guard let start = detail.firstRange(of: "one of "), let end = detail.firstRange(of: ", got `") else { return [] }
    return detail[start.upperBound..<end.lowerBound].split(separator: ", ").map(String.init)
  }

  @Test("it is served to any key, and not again to whoever has it")
  func isServed() throws {
    let api = try TestAPI()
    let key = try #require(
      api.call("POST", "/v1/keys", #"{"name": "shop", "scopes": ["metrics"]}"#).json["key"]?.string)
    let answer = api.call("GET", "/v1/openapi.json", key: key)
    #expect(answer.status == 200 && answer.json["openapi"] == "3.1.0")
    let tag = try #require(answer.header("ETag"))
    #expect(api.call("GET", "/v1/openapi.json", headers: [("If-None-Match", tag)]).status == 304)
    #expect(api.call("GET", "/v1/openapi.json", key: nil).status == 401)
  }
}

@Suite("The notation of schemas") struct SchemaNotationTests {
  private func schema(_ written: JSONValue, _ others: JSONObject = [:]) -> JSONValue {
    SchemaNotation(others: others).schema(written)
  }

  @Test("a text is a type, a component, a list of them, or null as well")
  func names() {
    #expect(schema("integer") == ["type": "integer"])
    #expect(schema("string?") == ["type": ["string", "null"]])
    #expect(schema("Chain") == ["$ref": "#/components/schemas/Chain"])
    #expect(schema("Chain?") == ["anyOf": [["$ref": "#/components/schemas/Chain"], ["type": "null"]]])
    #expect(schema("[Issue]") == ["type": "array", "items": ["$ref": "#/components/schemas/Issue"]])
  }

  @Test("fields are an object that has all but those with a question mark")
  func fields() {
    #expect(
      schema(["closed": true, "fields": ["id": "string", "note?": ["is": "string?", "maxLength": 9]]]) == [
        "type": "object", "required": ["id"],
        "properties": ["id": ["type": "string"], "note": ["type": ["string", "null"], "maxLength": 9]],
        "additionalProperties": false,
      ])
  }

  @Test("what extends another has its fields, too, and keeps the rest for itself")
  func extends() {
    let base: JSONValue = ["fields": ["id": "string"], "example": ["id": "a"]]
    #expect(
      schema(["extends": "Base", "fields": ["name?": "string"]], ["Base": base]) == [
        "type": "object", "required": ["id"],
        "properties": ["id": ["type": "string"], "name": ["type": "string"]],
      ])
  }
}
