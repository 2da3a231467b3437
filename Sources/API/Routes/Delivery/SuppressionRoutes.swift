import Domain
import Engine
import Erasure
import HTTP
import Ingest
import JSON
import SQL

/// `/v1/suppressions`: addresses that nothing passes to.
enum SuppressionRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let suppressions = Suppressions()
    let tombstones = stages.erasures.tombstones
    let log = stages.log
    return [
      Route(
        "GET", "/v1/suppressions", .scopes([.read, .operate]),
        .read { call in
          let paging = try Paging(call, filters: ["address"]) { values in
            values.count == 3 && values.allSatisfy { $0.string != nil }
          }
          let address = call.request.query("address").map { Suppression.normalised($0, channel: nil) ?? $0 }
          return { db in
            let items = try suppressions.page(
              after: position(paging.after), limit: paging.limit + 1, address: address, db)
            return .page(items, paging, cursor: cursor, json: \.json)
          }
        }),
      Route(
        "POST", "/v1/suppressions", .scopes([.operate]),
        .write { call in
          let body = try call.json()
          _ = try Suppression(body, at: Timestamp(milliseconds: 0))
          return { db, now in
            let suppression = try Suppression(body, at: Timestamp(milliseconds: now))
            try suppressions.add(suppression, db)
            try tell(suppression.address, log, now: now, db)
            return .json(suppression.json, status: 201)
          }
        }),
      Route(
        "DELETE", "/v1/suppressions", .scopes([.operate]),
        .write { call in
          let removal = try SuppressionRemoval(call)
          return { db, now in
            let removed = try suppressions.remove(
              address: removal.address, channel: removal.channel, reach: removal.reach, db)
            let hashed = try tombstones.liftSuppression(
              of: removal.address, channel: removal.channel, reach: removal.reach?.rawValue, db)
            guard removed + hashed > 0 else { throw Problem.notFound("this address is not suppressed there") }
            try tell(removal.address, log, now: now, db)
            return .noContent
          }
        }),
    ]
  }

  /// Runs that ask whether he can be reached look again.
  private static func tell(_ address: String, _ log: EventLog, now: Int64, _ db: Connection) throws {
    for key in ["email:", "phone:"] {
      guard let contact = try People().find(key + address, db) else { continue }
      try ContactEvents.updated(
        contact.row, fields: ["suppressions"], now: Timestamp(milliseconds: now), log, db)
    }
  }

  private static func cursor(_ suppression: Suppression) -> [JSONValue] {
    let position = suppression.position
    return [.string(position.address), .string(position.channel), .string(position.reach)]
  }

  private static func position(_ values: [JSONValue]) -> Suppressions.Position? {
    let texts = values.compactMap(\.string)
    guard texts.count == 3 else { return nil }
    return Suppressions.Position(address: texts[0], channel: texts[1], reach: texts[2])
  }
}

/// What a DELETE takes away: `{"address", "channel"?, "purpose"?}` in the body, or the same in the query.
private struct SuppressionRemoval: Sendable {
  let address: String
  let channel: String?
  let reach: Suppression.Reach?

  private static let fields = ["address", "channel", "purpose"]

  init(_ call: Call) throws {
    try call.requireQuery(Self.fields)
    var reader = FieldReader(
      call.request.body.isEmpty ? try Self.node(call.request) : try call.json(), known: Self.fields)
    let raw = reader.string("address", required: true)
    channel = reader.string("channel")
    reach = reader.word("purpose", Suppression.Reach.self)
    try reader.check()
    address = raw.flatMap { [channel] in Suppression.normalised($0, channel: channel) ?? $0 } ?? ""
  }

  private static func node(_ request: Request) throws -> JSONNode {
    var object: JSONObject = [:]
    for parameter in request.query { object[parameter.name] = .string(parameter.value) }
    return try JSONNode(body: JSONValue.object(object).serialized(), limits: JSONLimits())
  }
}
