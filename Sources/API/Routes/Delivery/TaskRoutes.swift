import Delivery
import Domain
import Engine
import HTTP
import Ingest
import JSON
import SQL

/// `/v1/tasks`: what operators have to do: listed, claimed for a while, completed, which is an event.
enum TaskRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let tasks = TaskStore()
    let (log, clock) = (stages.log, stages.now)
    return [
      Route(
        "GET", "/v1/tasks", .scopes([.read, .operate]),
        .read { call in
          let paging = try Paging(call, filters: ["queue", "status"], by: .number)
          let queue = call.request.query("queue")
          let status = try call.word("status", OperatorTask.Status.self)
          return { db in
            let page = try tasks.page(
              queue: queue, status: status, after: paging.number, limit: paging.limit + 1,
              now: Timestamp(milliseconds: clock()), db)
            return .page(page, paging, cursor: { [.number(JSONNumber($0.id))] }, json: \.json)
          }
        }),
      Route(
        "GET", "/v1/tasks/{id}", .scopes([.read, .operate]),
        .read { call in
          let id = try call.number("id")
          return { db in
            guard let task = try tasks.task(id, now: Timestamp(milliseconds: clock()), db) else { throw noTask(id) }
            return .json(task.json)
          }
        }),
      Route(
        "POST", "/v1/tasks/{id}/claim", .scopes([.operate]),
        .write { call in
          let id = try call.number("id")
          let claim = try ClaimWish(call.json())
          return { db, now in
            let answer = try tasks.claim(
              id, by: claim.name, minutes: claim.minutes, now: Timestamp(milliseconds: now), db)
            return .json(try done(answer, id).json)
          }
        }),
      Route(
        "POST", "/v1/tasks/{id}/complete", .scopes([.operate]),
        .write { call in
          let id = try call.number("id")
          let report = try TaskReport(call.json())
          return { db, now in
            let now = Timestamp(milliseconds: now)
            if let name = report.name, let held = try tasks.task(id, now: now, db), held.status == .claimed,
              held.operatorName != name
            {
              throw conflict(held)
            }
            let task = try done(
              try tasks.complete(id, as: report.outcome, note: report.note, now: now, db), id)
            try say(task, report, now: now, log, db)
            return .json(task.json)
          }
        }),
    ]
  }

  /// The outcome as an event, by which a run that waits for it moves on.
  private static func say(
    _ task: OperatorTask, _ report: TaskReport, now: Timestamp, _ log: EventLog, _ db: Connection
  ) throws {
    guard let message = try MessageStore().reference(task.message, db) else { return }
    var more: JSONObject = ["task": .string(String(task.id)), "queue": .string(task.queue)]
    more["note"] = report.note.map(JSONValue.string)
    more["operator"] = (report.name ?? task.operatorName).map(JSONValue.string)
    let event = message.event("call." + report.outcome.rawValue, more: more)
    try log.append(own: [event.incoming], now: now.milliseconds, db)
  }

  private static func done(_ answer: TaskStore.Answer, _ id: Int64) throws(Problem) -> OperatorTask {
    switch answer {
    case .done(let task): return task
    case .missing: throw noTask(id)
    case .conflict(let task): throw conflict(task)
    }
  }

  private static func noTask(_ id: Int64) -> Problem { .notFound("there is no task \(id)") }

  private static func conflict(_ task: OperatorTask) -> Problem {
    switch task.status {
    case .open, .claimed: .conflict("another operator holds this task until \(task.claimedUntil?.rfc3339 ?? "later")")
    case .done: .conflict("this task is done")
    case .expired: .conflict("this task's deadline has passed")
    }
  }
}

/// `{"operator": "…", "minutes": 15}`
private struct ClaimWish: Sendable {
  let name: String
  let minutes: Int

  private static let defaultMinutes = 15
  private static let minutesAllowed: ClosedRange<Int64> = 1...1440

  init(_ node: JSONNode) throws(Refusal) {
    var reader = FieldReader(node, known: ["operator", "minutes"])
    let name = reader.string("operator", maxBytes: TaskReport.maxNameBytes, required: true)
    minutes = reader.int("minutes", in: Self.minutesAllowed).map { Int($0) } ?? Self.defaultMinutes
    try reader.check()
    self.name = name ?? ""
  }
}

/// `{"outcome": "answered", "note"?, "operator"?}`
private struct TaskReport: Sendable {
  let outcome: OperatorTask.Result
  let note: String?
  let name: String?

  static let maxNameBytes = 200
  private static let maxNoteBytes = 8192

  init(_ node: JSONNode) throws(Refusal) {
    var reader = FieldReader(node, known: ["outcome", "note", "operator"])
    let outcome = reader.word("outcome", OperatorTask.Result.self, required: true)
    note = reader.string("note", maxBytes: Self.maxNoteBytes)
    name = reader.string("operator", maxBytes: Self.maxNameBytes)
    try reader.check()
    self.outcome = outcome ?? .answered
  }
}
