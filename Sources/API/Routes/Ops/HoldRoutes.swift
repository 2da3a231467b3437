import Delivery
import Domain
import HTTP
import JSON
import SQL

/// `/v1/hold`, `/v1/release`: a copy of a file stands still until somebody has seen what it would set going.
enum HoldRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let hold = stages.hold
    let now = stages.now
    let released = stages.released
    return [
      Route(
        "GET", "/v1/hold", .scopes([.read]),
        .read { _ in
          { db in
            guard let fact = hold.fact else { return .json(["held": false]) }
            let at = Timestamp(milliseconds: now())
            return .json(.object(answer(fact, try Overdue.count(at: at, db), at)))
          }
        }),
      Route(
        "POST", "/v1/release", .scopes([.admin]),
        .readThenWrite { call in
          let wish = try ReleaseWish(call.json())
          return { db in
            guard let fact = hold.fact else { throw notHeld }
            let at = wish.at ?? Timestamp(milliseconds: now())
            let overdue = try Overdue.count(at: at, db)
            guard overdue.due == wish.due else { throw otherCount(wish.due, answer(fact, overdue, at)) }
            return .write { db, now in
              guard hold.fact != nil else { throw notHeld }
              try hold.release(now: Timestamp(milliseconds: now), db)
              db.onCommit(released)
              return .json(["held": false, "due": .number(JSONNumber(overdue.due))])
            }
          }
        }),
    ]
  }

  private static func answer(_ fact: Hold.Fact, _ overdue: Overdue, _ at: Timestamp) -> JSONObject {
    [
      "held": true, "since": .string(fact.since.rfc3339), "reason": .string(fact.reason), "at": .string(at.rfc3339),
      "due": [
        "runs": .number(JSONNumber(overdue.runs)), "messages": .number(JSONNumber(overdue.messages)),
        "total": .number(JSONNumber(overdue.due)),
      ],
      "events_waiting": .number(JSONNumber(overdue.events)),
    ]
  }

  private static let notHeld = Problem.conflict("this server is not held: everything goes on already")

  private static func otherCount(_ expected: Int64, _ now: JSONObject) -> Problem {
    var problem = Problem.conflict(
      "expected the number of runs and messages that are due, got \(expected): read GET /v1/hold again, and send its "
        + "`due.total` with its `at`")
    problem.more = now
    return problem
  }
}

/// `{"due": 120, "at": "2026-03-02T09:00:00Z"}`: what the caller saw, and when. Without `at` it is counted as of now, which
/// on a busy file may have grown since.
private struct ReleaseWish {
  let due: Int64
  let at: Timestamp?

  init(_ node: JSONNode) throws {
    var reader = FieldReader(node, known: ["due", "at"])
    due = reader.int("due", in: 0...Int64.max, required: true) ?? 0
    at = reader.time("at")
    try reader.check()
  }
}
