import HTTP
import Logging

/// One request on its way to its answer.
struct Exchange: Sendable {
  let request: Request
  /// Nanoseconds of a clock that never steps.
  let started: Int64
  var reply: Reply
  /// Nil until it is found.
  var route: Route?
  /// Nil on open routes, and until he is known.
  var caller: Caller?
  /// What every answer to this request says besides.
  var fields: [(name: String, value: String)] = []

  init(_ request: Request, started: Int64, _ reply: @escaping Reply) {
    (self.request, self.started, self.reply) = (request, started, reply)
  }

  /// What a line of the log says of it: never a path, which may name a person, nor where somebody is who reads a letter.
  var metadata: Logger.Metadata {
    var metadata: Logger.Metadata = ["method": "\(request.method)"]
    if let route { metadata["route"] = "\(route.pattern.text)" }
    if let route, case .scopes = route.access { metadata["client"] = "\(request.remoteAddress)" }
    if let caller { metadata["key"] = "\(caller.keyID)" }
    if let trace = TraceParent(request.headers) { metadata["trace_id"] = "\(trace.traceID)" }
    return metadata
  }
}
