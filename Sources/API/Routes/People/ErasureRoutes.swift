import Domain
import Erasure
import HTTP
import JSON
import SQL

/// `DELETE /v1/contacts/{id}` and the acts of erasure.
enum ErasureRoutes {
  private static let standardReason = "request"
  private static let maxReasonBytes = 64

  static func all(_ stages: Stages) -> [Route] {
    let (erasures, random) = (stages.erasures, stages.random)
    return [
      Route(
        "DELETE", "/v1/contacts/{id}", .scopes([.admin]),
        .write { call in
          let (contact, reason) = (call["id"], try reason(call))
          let key = call.caller?.keyID ?? ""
          let id = random(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
          return { db, now in
            guard let act = try erasures.erase(contact, reason: reason, by: key, id: id, now: now, db) else {
              throw Problem.noContact(contact)
            }
            return .json(act.json(contact: contact), status: act.state == .done ? 200 : 202)
          }
        }),
      Route(
        "GET", "/v1/erasures", .scopes([.admin]),
        .read { call in
          let paging = try Paging(call, filters: ["contact"], by: .number)
          let contact = call.request.query("contact")
          return { db in
            if let contact {
              let act = try erasures.act(of: contact, db)
              let page: JSONObject = ["items": .array(act.map { [$0.json(contact: contact)] } ?? []), "next": .null]
              return .json(.object(page))
            }
            let items = try ErasureAct.page(after: paging.number, limit: paging.limit + 1, db)
            return .page(items, paging, cursor: { [.number(JSONNumber($0.number))] }, json: { $0.json() })
          }
        }),
      Route(
        "GET", "/v1/erasures/{id}", .scopes([.admin]),
        .read { call in
          let id = call["id"]
          return { db in
            guard let act = try ErasureAct.read(id, db) else { throw Problem.notFound("there is no erasure \(id)") }
            return .json(act.json())
          }
        }),
    ]
  }

  /// A word or the number of a letter: free text would keep what is to be forgotten.
  private static func reason(_ call: Call) throws(Problem) -> String {
    try call.requireQuery(["reason"])
    guard let text = call.request.query("reason") else { return standardReason }
    let isWord = text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
      default: false
      }
    }
    guard isWord, (1...maxReasonBytes).contains(text.utf8.count) else {
      throw .badQuery(
        "reason", "expected 1 to \(maxReasonBytes) letters, digits and . _ -, got \"\(text.prefix(80))\"",
        hint: "a word or a reference, as in withdrawal or case-1234; nothing about the person")
    }
    return text
  }
}
