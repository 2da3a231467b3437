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
            try call.requireQuery(["documents"])
            let documents = try call.word("documents", DocumentSchemas.self) ?? .whole
            // On a reader's thread: the first to ask waits for it to be made.
            return { _ in try description.response(documents) }
          })
      ]
    description.cover(all)
    return all
  }
}

/// Made once in each form, when somebody first asks.
private final class Description: Sendable {
  private struct State {
    var routes: [Route] = []
    var made: [DocumentSchemas: Response] = [:]
  }

  private let state = Mutex(State())

  func cover(_ routes: [Route]) { state.withLock { $0.routes = routes } }

  func response(_ documents: DocumentSchemas) throws -> Response {
    try state.withLock { state in
      if let made = state.made[documents] { return made }
      let text = try OpenAPI(state.routes, documents: documents).document.serialized()
      let response = Response(
        status: 200, headers: [("Content-Type", Response.jsonType), ("Cache-Control", "no-cache")], body: text
      ).tagged()
      state.made[documents] = response
      return response
    }
  }
}
