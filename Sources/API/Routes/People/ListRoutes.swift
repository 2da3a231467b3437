import Domain
import Engine
import HTTP
import JSON
import SQL

/// `/v1/lists/{id}/members`: static lists, which chains read and write too. A list is there while it has members.
enum ListRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let people = People()
    let lists = Lists()
    let log = stages.log
    return [
      Route(
        "GET", "/v1/lists/{id}/members", .scopes([.read, .edit]),
        .read { call in
          let list = try name(call)
          let paging = try Paging(call, by: .number)
          return { db in
            let members = try lists.page(of: list, after: paging.number, limit: paging.limit + 1, db)
            return try .page(members, paging, cursor: { [.number(JSONNumber($0.contact))] }) { member in
              let id = try people.contact(member.contact, db)?.publicID ?? String(member.contact)
              return ["id": .string(id), "added_at": .string(member.addedAt.rfc3339)]
            }
          }
        }),
      Route(
        "PUT", "/v1/lists/{id}/members/{contact}", .scopes([.edit]),
        .write { call in
          let list = try name(call)
          return { db, now in
            let now = Timestamp(milliseconds: now)
            let contact = try people.required(call["contact"], db)
            let added = try lists.set(contact.row, on: list, true, now: now, db)
            try ContactEvents.updated(contact.row, fields: added ? ["lists." + list] : [], now: now, log, db)
            return .json(["id": .string(contact.publicID)], status: added ? 201 : 200)
          }
        }),
      Route(
        "DELETE", "/v1/lists/{id}/members/{contact}", .scopes([.edit]),
        .write { call in
          let list = try name(call)
          return { db, now in
            let now = Timestamp(milliseconds: now)
            let contact = try people.required(call["contact"], db)
            guard try lists.set(contact.row, on: list, false, now: now, db) else {
              throw Problem.notFound("\(call["contact"]) is not on the list \(list)")
            }
            try ContactEvents.updated(contact.row, fields: ["lists." + list], now: now, log, db)
            return .noContent
          }
        }),
    ]
  }

  private static func name(_ call: Call) throws(Problem) -> String {
    try call.name("id", of: "a list", as: "{\"list\": …}")
  }
}

extension Call {
  /// What a chain names too: the path may not take what the language does not.
  func name(_ place: String, of what: String, as use: String) throws(Problem) -> String {
    let name = self[place]
    guard ShopName.isGood(name) else {
      throw .badRequest(
        "expected the name of \(what), \(ShopName.hint), as chains write it in \(use), got \"\(name.prefix(80))\"")
    }
    return name
  }
}
