import Domain
import HTTP
import JSON
public import Logging
import SQL

/// What is written to the log from now on: asked for and set from any thread.
public struct LogControl: Sendable {
  public var level: @Sendable () -> Logger.Level
  public var set: @Sendable (Logger.Level) -> Void

  public init(level: @escaping @Sendable () -> Logger.Level, set: @escaping @Sendable (Logger.Level) -> Void) {
    (self.level, self.set) = (level, set)
  }
}

/// `/v1/log`: how much the running server says, until its next start. Set also while the store takes no writes: that is
/// when one wants to know.
enum LogRoutes {
  static func all(_ stages: Stages) -> [Route] {
    guard let control = stages.logControl else { return [] }
    let writer = stages.writer
    return [
      Route("GET", "/v1/log", .scopes([.read]), .immediate { _ in answer(control) }),
      Route(
        "PUT", "/v1/log", .scopes([.admin]),
        .immediate { call in
          control.set(try level(call.json()))
          writer.submit({ db, now in try AuditTrail().note(call, "PUT /v1/log", now: now, db) }) { _ in }
          return answer(control)
        }),
    ]
  }

  private static func level(_ node: JSONNode) throws -> Logger.Level {
    var reader = FieldReader(node, known: ["level"])
    let level = reader.word("level", Logger.Level.self, required: true)
    try reader.check()
    return level ?? .info
  }

  private static func answer(_ control: LogControl) -> Response {
    .json(["level": .string(control.level().rawValue)])
  }
}
