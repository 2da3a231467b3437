import HTTP
import JSON
import Synchronization

/// `/v1/openapi.json`: the description of all routes, this one too. Any key will do.
enum OpenAPIRoutes {
  /// These, and the one that describes them.
  static func describing(_ routes: [Route]) -> [Route] {
    let description = Description()
    let all =
      routes + [
        Route(
          "GET", "/v1/openapi.json", .scopes(Scope.allCases),
          .read { call in
            try call.requireQuery([])
            // On a reader's thread: the first to ask waits for it to be made.
            return { _ in try description.response() }
          })
      ]
    description.cover(all)
    return all
  }
}

/// Made once, when somebody first asks.
private final class Description: Sendable {
  private struct State {
    var routes: [Route] = []
    var made: Response?
  }

  private let state = Mutex(State())

  func cover(_ routes: [Route]) { state.withLock { $0.routes = routes } }

  func response() throws -> Response {
    try state.withLock { state in
      if let made = state.made { return made }
      let text = try OpenAPI(state.routes).document.serialized()
      let response = Response(
        status: 200, headers: [("Content-Type", Response.jsonType), ("Cache-Control", "no-cache")], body: text
      ).tagged()
      state.made = response
      return response
    }
  }
}
