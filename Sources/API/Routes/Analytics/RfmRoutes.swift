import Engine
import HTTP
import JSON
import SQL

/// `/v1/analytics/rfm`: how many contacts are in which cell, and by which boundaries. Counted as they move: no call goes
/// through the contacts.
enum RfmRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let rules = stages.rules
    return [
      Route(
        "GET", "/v1/analytics/rfm", .scopes([.read]),
        .read { call in
          try call.requireQuery([])
          return { db in .json(try RfmOverview(rules, db).json) }
        })
    ]
  }
}
