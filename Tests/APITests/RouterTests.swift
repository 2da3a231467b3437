import HTTP
import Testing

@testable import API

@Suite struct RouterTests {
  private func route(_ method: String, _ pattern: RoutePattern, open: Bool = false) -> Route {
    Route(method, pattern, open ? .open : .scopes([.read]), .immediate { _ in Response(status: 200) })
  }

  private var router: Router {
    Router([
      route("GET", "/v1/contacts/{id}"), route("PUT", "/v1/contacts/{id}"), route("POST", "/v1/contacts/import"),
      route("GET", "/v1/contacts/{id}/timeline"), route("POST", "/v1/events"),
      route("GET", "/t/o/{token}.gif", open: true), route("GET", "/t/c/{token}", open: true),
    ])
  }

  private func describe(_ match: Router.Match) -> String {
    switch match {
    case .found(let route, let values):
      route.pattern.text + values.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    case .otherMethods(let methods): methods.joined(separator: ",")
    case .badIdentifier(let text, _): "bad " + text
    case .unknown: "unknown"
    }
  }

  @Test(
    "a request finds its route and what stands in its places",
    arguments: [
      ("GET", "/v1/contacts/ann", "/v1/contacts/{id} id=ann"),
      ("HEAD", "/v1/contacts/ann", "/v1/contacts/{id} id=ann"),
      ("GET", "/v1/contacts/a.b_c-d:e@f+1", "/v1/contacts/{id} id=a.b_c-d:e@f+1"),
      ("POST", "/v1/contacts/import", "/v1/contacts/import"),
      ("GET", "/v1/contacts/import/timeline", "/v1/contacts/{id}/timeline id=import"),
      ("POST", "/v1/events", "/v1/events"),
      ("GET", "/t/o/abc.gif", "/t/o/{token}.gif token=abc"),
      ("GET", "/t/c/abc.def", "/t/c/{token} token=abc.def"),
      ("DELETE", "/v1/contacts/ann", "GET,HEAD,PUT"),
      ("HEAD", "/v1/events", "POST"),
      ("GET", "/v1/contacts/a b", "bad a b"),
      ("GET", "/v1/contacts/иван", "bad иван"),
      ("GET", "/v1/contacts/..", "bad .."), ("GET", "/v1/contacts/./timeline", "bad ."),
      ("GET", "/v1/contacts/...", "/v1/contacts/{id} id=..."),
      ("GET", "/v1/contacts/", "unknown"),
      ("GET", "/v1/contacts/ann/", "unknown"),
      ("GET", "//v1/contacts/ann", "unknown"),
      ("GET", "/v1/contacts/../contacts/ann", "unknown"),
      ("GET", "/v1/Contacts/ann", "unknown"),
      ("GET", "/t/o/.gif", "unknown"),
      ("GET", "/t/c/a b", "unknown"),
      ("GET", "/", "unknown"),
      ("GET", "", "unknown"),
      ("OPTIONS", "*", "unknown"),
    ])
  func match(method: String, path: String, found: String) {
    #expect(describe(router.match(method: method, path: path)) == found)
  }

  @Test("an identifier has at most 128 bytes, a signed token may be longer")
  func lengths() {
    let long = String(repeating: "a", count: 129)
    #expect(describe(router.match(method: "GET", path: "/v1/contacts/" + long)) == "bad " + long)
    #expect(describe(router.match(method: "GET", path: "/t/c/" + long)) == "/t/c/{token} token=" + long)
  }
}
