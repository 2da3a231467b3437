import Domain
import Engine
import HTTP
import JSON

/// `/v1/chains/{id}/why/{contact}`: why this contact got, did not get, or never entered.
enum WhyRoutes {
  /// Runs told at once: each is explained decision by decision.
  private static let usualRuns = 5
  private static let mostRuns = 50

  static func all(_ stages: Stages) -> [Route] {
    let why = Why(timeline: stages.timeline, log: stages.log, rules: stages.rules)
    let answers = ChainAnswers(stages)
    let people = People()
    let now = stages.now
    return [
      Route(
        "GET", "/v1/chains/{id}/why/{contact}", .scopes([.read, .edit]),
        .read { call in
          let paging = try Paging(call, filters: ["version"], by: .number)
          let limit = call.request.query("limit") == nil ? usualRuns : min(paging.limit, mostRuns)
          let version = try version(call)
          return { db in
            let chain = try answers.chain(call, db)
            let contact = try people.required(call["contact"], db)
            do {
              var (account, next) = try why.account(
                of: contact, in: chain, version: version, before: paging.after.isEmpty ? nil : paging.number,
                limit: limit, now: Timestamp(milliseconds: now()), db)
              account["next"] = next.map { .string(Paging.cursor([.number(JSONNumber($0))])) } ?? .null
              return .json(.object(account))
            } catch let missing as Why.NoVersion {
              throw Problem.notFound("the chain \(chain.id) has no version \(missing.number) that can be read")
            }
          }
        })
    ]
  }

  private static func version(_ call: Call) throws(Problem) -> Int64? {
    guard let text = call.request.query("version") else { return nil }
    guard let version = Int64(text), version > 0 else {
      throw .badQuery("version", "expected the number of a version, got \"\(text.prefix(40))\"")
    }
    return version
  }
}
