import Domain
import Engine
import HTTP
import JSON
import SQL

/// `/v1/chains/{id}/runs?step=`: who stands where.
enum ChainRunRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let answers = ChainAnswers(stages)
    return [
      Route(
        "GET", "/v1/chains/{id}/runs", .scopes([.read, .edit]),
        .read { call in
          let paging = try Paging(call, filters: ["step"], by: .number)
          let step = call.request.query("step")
          return { db in
            let stored = try answers.chain(call, db)
            var labels = StepLabels()
            let page = try ChainRuns().page(
              of: stored.number, after: paging.number, limit: paging.limit + 1, db
            ) { run in
              let label = try labels.label(chain: stored.number, version: run.version, step: run.step, db)
              return step == nil || step == label
            }
            return try .json(answer(page, paging, stored.number, db))
          }
        })
    ]
  }

  /// A page may be short, or empty, and still have a next one: few of many runs may stand at a step.
  private static func answer(
    _ page: ChainRuns.Page, _ paging: Paging, _ chain: Int64, _ db: Connection
  ) throws -> JSONValue {
    var labels = StepLabels()
    let items = page.runs.prefix(paging.limit)
    let last = page.runs.count > paging.limit ? items.last?.id : page.readThrough
    return [
      "items": .array(
        try items.map { run in
          let label = try labels.label(chain: chain, version: run.version, step: run.step, db)
          return run.json(step: label, contact: try People().contact(run.contact, db)?.publicID)
        }),
      "next": last.map { .string(Paging.cursor([.number(JSONNumber($0))])) } ?? .null,
    ]
  }
}
