import Domain
import HTTP
import Ingest
import JSON
import SQL

/// `POST /v1/events`: one event, an array, or one a line. Read on the HTTP thread, answered after the commit.
enum EventRoutes {
  static let json = "application/json"
  static let lines = ["application/x-ndjson", "application/ndjson"]

  static func all(_ stages: Stages) -> [Route] {
    let intake = stages.intake
    var post = Route(
      "POST", "/v1/events", .scopes([.events, .site]),
      .custom { call, reply in
        intake.accept(call.request.body, try form(call), keep: keeping(call)) { result in
          switch result {
          case .success(let answer): reply(response(answer))
          case .failure(let error): reply(Problem(error).response)
          }
        }
      })
    (post.isForSites, post.keepsAnswers) = (true, true)
    return [post]
  }

  /// The answer is in the transaction of the events. Rejections quote what was sent, which may be anybody's.
  private static func keeping(_ call: Call) -> Intake.Keeping? {
    guard let key = call.idempotencyKey else { return nil }
    return { answer, db, now in
      let made = response(answer)
      guard made.status < 400 else { return }
      let contact: Int64? = answer.rejected.isEmpty ? nil : 0
      try IdempotentAnswers().keep(made, of: key, contact: contact, now: now, db)
    }
  }

  private static func form(_ call: Call) throws(Problem) -> EventReader.Form {
    let type = call.mediaType
    if type == json { return .json }
    if let type, lines.contains(type) { return .lines }
    throw .unsupportedType(type, expected: [json, lines[0]])
  }

  private static func response(_ answer: IntakeAnswer) -> Response {
    if answer.isRefusal { return Problem.noGoodEvent(answer).response }
    if answer.rejected.isEmpty {
      let text = "{\"accepted\":\(answer.accepted),\"duplicates\":\(answer.duplicates),\"rejected\":[]}"
      return .json(Array(text.utf8), status: 202)
    }
    let body: JSONValue = [
      "accepted": .number(JSONNumber(answer.accepted)), "duplicates": .number(JSONNumber(answer.duplicates)),
      "rejected": rejected(answer),
    ]
    return .json(body, status: 202)
  }

  fileprivate static func rejected(_ answer: IntakeAnswer) -> JSONValue {
    .array(
      answer.rejected.map { event in
        ["index": .number(JSONNumber(event.index)), "errors": .array(event.issues.map(\.json))]
      })
  }
}

extension Problem {
  /// So many errors stand in `errors`; all of them stand in `rejected`.
  private static let errorsShown = 100

  fileprivate static func noGoodEvent(_ answer: IntakeAnswer) -> Problem {
    let issues = answer.rejected.prefix(errorsShown).flatMap(\.issues).prefix(errorsShown)
    return Problem(
      status: 400, code: "bad_event", title: "No event could be taken",
      detail: issues.first?.detail, errors: Array(issues), more: ["rejected": EventRoutes.rejected(answer)])
  }
}
