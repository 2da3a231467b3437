import HTTP
import JSON
import Testing

@testable import API

/// Every route there is, as the table has it: who gets in, and who does not.
@Suite struct EveryRouteTests {
  private let api: TestAPI

  init() throws {
    struct NoBackup: Error {}
    api = try TestAPI(testClock: { _, done in done(.failure(NoBackup())) }, backup: { $0(.failure(NoBackup())) })
  }

  private func name(_ route: Route) -> String { "\(route.method) \(route.pattern.text)" }

  /// With something in every place.
  private func call(_ route: Route, key: String?) -> Answer {
    let path = route.pattern.text.split(separator: "/").map { segment in
      guard let end = segment.firstIndex(of: "}") else { return String(segment) }
      return "x" + segment[segment.index(after: end)...]
    }
    return api.call(route.method, "/" + path.joined(separator: "/"), route.method == "GET" ? nil : "{}", key: key)
  }

  private func key(_ scopes: [Scope]) throws -> (id: String, text: String) {
    let list = JSONValue.array(scopes.map { .string($0.rawValue) }).text
    let made = api.call("POST", "/v1/keys", #"{"name":"test","scopes":\#(list)}"#).json
    return (try #require(made["id"]?.string), try #require(made["key"]?.string))
  }

  @Test func `without a key nothing answers but the public links and health`() {
    let open = api.routes.filter { if case .open = $0.access { true } else { false } }.map(name)
    #expect(
      open.sorted() == [
        "GET /healthz", "GET /readyz", "GET /t/c/{token}", "GET /t/o/{token}.gif", "GET /u/{token}", "POST /u/{token}",
      ])
    #expect(api.routes.count > 70)
    for route in api.routes where !open.contains(name(route)) {
      for key in [nil, "zv_nobody"] {
        let answer = call(route, key: key)
        #expect(answer.status == 401, "\(name(route))")
        #expect(answer.header("WWW-Authenticate") == "Bearer realm=\"zveno\"", "\(name(route))")
        #expect(answer.header("Content-Type") == "application/problem+json", "\(name(route))")
      }
    }
    #expect(api.call("GET", "/v1/contacts/a%20b", key: nil).status == 401)
  }

  @Test func `every route lets in the keys with one of its scopes, and no other`() throws {
    for scope in Scope.allCases where scope != .admin {
      let key = try key([scope]).text
      for route in api.routes {
        guard case .scopes(let scopes) = route.access else { continue }
        let status = call(route, key: key).status
        if scopes.contains(scope) {
          #expect(status != 401 && status != 403, "\(name(route)) as \(scope)")
        } else {
          #expect(status == 403, "\(name(route)) as \(scope)")
        }
      }
    }
  }

  @Test func `scopes are as the contract says`() {
    func routes(_ scope: Scope) -> Set<String> {
      Set(
        api.routes.filter { if case .scopes(let scopes) = $0.access { scopes.contains(scope) } else { false } }
          .map(name))
    }
    let schemas: Set = ["GET /v1/schemas", "GET /v1/schemas/{name}", "GET /v1/openapi.json"]
    #expect(routes(.metrics).subtracting(schemas) == ["GET /metrics"])
    #expect(routes(.site).subtracting(schemas) == ["POST /v1/events", "GET /v1/contacts/{id}/offers"])
    #expect(
      routes(.admin).subtracting(schemas) == [
        "GET /v1/audit", "GET /v1/erasures", "GET /v1/erasures/{id}", "GET /v1/keys", "POST /v1/keys",
        "DELETE /v1/keys/{id}", "DELETE /v1/contacts/{id}", "POST /v1/backup", "POST /v1/release",
        "POST /v1/test-clock",
      ])
    let gets = Set(api.routes.filter { $0.method == "GET" && !$0.pattern.text.hasPrefix("/t/") }.map(name))
    let open: Set = ["GET /healthz", "GET /readyz", "GET /u/{token}", "GET /metrics"]
    #expect(gets.subtracting(open).subtracting(routes(.admin).subtracting(schemas)).isSubset(of: routes(.read)))
  }

  @Test func `whatever a person changes is in the audit trail with its change`() {
    let unseen = api.routes.filter { route in
      switch route.work {
      case .write, .readThenWrite: !route.isAudited
      case .immediate, .read, .custom: route.method != "GET"
      }
    }
    #expect(
      Set(unseen.map(name)) == [
        // Shops post them by the thousand, and they have logs of their own.
        "POST /v1/events", "PUT /v1/contacts/{id}", "POST /v1/contacts/{id}/consents", "POST /v1/contacts/import",
        "PUT /v1/contacts/{id}/relations/{kind}/{other}", "DELETE /v1/contacts/{id}/relations/{kind}/{other}",
        "POST /u/{token}",
        // They look, and change nothing that stays.
        "POST /v1/chains/validate", "POST /v1/chains/{id}/test", "POST /v1/chains/{id}/rehearse",
        "DELETE /v1/rehearsals/{id}", "POST /v1/segments/preview", "POST /v1/templates/{id}/preview",
        "POST /v1/test-clock",
        // It writes its row itself.
        "POST /v1/backup",
      ])
  }

  @Test func `a key that is revoked opens nothing from that moment on`() throws {
    let key = try key(Scope.allCases.filter { $0 != .admin })
    #expect(api.call("GET", "/v1/chains", key: key.text).status == 200)
    #expect(api.call("DELETE", "/v1/keys/" + key.id).status == 204)
    for route in api.routes {
      if case .open = route.access { continue }
      #expect(call(route, key: key.text).status == 401, "\(name(route))")
    }
  }
}
