import Domain
import HTTP
import JSON

/// `/v1/test-clock`: only in a server that runs on one; elsewhere there is no such route.
enum TestClockRoutes {
  static func all(_ stages: Stages) -> [Route] {
    guard let move = stages.testClock else { return [] }
    return [
      Route(
        "POST", "/v1/test-clock", .scopes([.admin]),
        .custom { call, reply in
          move(try read(call.json())) { result in
            switch result {
            case .success(let now): reply(.json(["now": .string(now.rfc3339)]))
            case .failure(let error): reply(Problem(error).response)
            }
          }
        })
    ]
  }

  private static func read(_ node: JSONNode) throws -> TestClockMove {
    var reader = FieldReader(node, known: ["advance", "to"])
    let advance = reader.string("advance")
    let to = reader.time("to")
    let span = advance.flatMap(Span.init)
    if let advance, span == nil {
      reader.refuse("advance", .badValue, "expected a length of time, got \"\(advance)\"", hint: Span.hint)
    }
    if reader.issues.isEmpty, (advance == nil) == (to == nil) {
      reader.refuse(
        Issue(
          pointer: "", at: node.location, code: .missing, detail: "expected either `advance` or `to`",
          hint: "{\"advance\": \"24h\"} or {\"to\": \"2026-03-02T09:00:00Z\"}"))
    }
    try reader.check()
    if let span { return .advance(span) }
    return .to(to ?? Timestamp(milliseconds: 0))
  }
}
