import HTTP
import JSON

/// `GET /v1/audit`: who changed what, the oldest first.
enum AuditRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let trail = AuditTrail()
    return [
      Route(
        "GET", "/v1/audit", .scopes([.admin]),
        .read { call in
          let paging = try Paging(call, by: .number)
          return { db in
            let items = try trail.page(after: paging.number, limit: paging.limit + 1, db)
            return .page(items, paging, cursor: { [.number(JSONNumber($0.id))] }, json: \.json)
          }
        })
    ]
  }
}
