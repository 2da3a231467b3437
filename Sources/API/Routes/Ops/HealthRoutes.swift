import Delivery
import HTTP
import JSON

/// `/healthz` says that the process lives, `/readyz` that it takes and works off events, or takes and holds them. Neither
/// needs a key.
enum HealthRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let unready = stages.unready
    let hold = stages.hold
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
          guard let fact = hold.fact else { return .json(["status": "ready"]) }
          return .json(["status": "held", "detail": .string(fact.reason)])
        }),
    ]
  }
}
