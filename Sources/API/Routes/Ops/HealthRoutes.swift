import HTTP
import JSON

/// `/healthz` says that the process lives, `/readyz` that it takes and works off events. Neither needs a key.
enum HealthRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let unready = stages.unready
    return [
      Route("GET", "/healthz", .open, .immediate { _ in .json(["status": "alive"]) }),
      Route(
        "GET", "/readyz", .open,
        .immediate { _ in
          if let reason = unready() {
            var problem = Problem.overloaded(retryAfterSeconds: 1)
            problem.detail = reason
            throw problem
          }
          return .json(["status": "ready"])
        }),
    ]
  }
}
