import Domain
import Engine
import HTTP
import Ingest
import JSON
import SQL

/// `/v1/chains/{id}/enroll`: a call that lets a contact in, where the chain has the trigger `{"api": true}`.
enum EnrollRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let answers = ChainAnswers(stages)
    let people = People()
    let log = stages.log
    return [
      Route(
        "POST", "/v1/chains/{id}/enroll", .scopes([.edit, .events]),
        .readThenWrite { call in
          let wish = try EnrollWish(call.json())
          return { db in
            let stored = try answers.chain(call, db)
            try requireTrigger(stored, answers, db)
            return .write { db, now in try enroll(wish, stored, people, log, now: now, db) }
          }
        })
    ]
  }

  private static func enroll(
    _ wish: EnrollWish, _ stored: ChainStore.Stored, _ people: People, _ log: EventLog, now: Int64, _ db: Connection
  ) throws -> Response {
    guard let contact = try people.find(wish.contact, db) else {
      throw Problem.refused([
        Issue(
          pointer: "/contact", code: .unknownReference, detail: "expected the id of a contact, got \"\(wish.contact)\"",
          hint: "PUT /v1/contacts/{id} makes one")
      ])
    }
    let event = ChainEvent.request(
      ChainEvent.requested, chain: stored.id, contact: contact.row, by: "api", properties: wish.properties)
    try log.append(own: [event], now: now, db)
    return .json(["chain": .string(stored.id), "contact": .string(contact.publicID)], status: 202)
  }

  private static func requireTrigger(
    _ stored: ChainStore.Stored, _ answers: ChainAnswers, _ db: Connection
  ) throws {
    guard stored.status == .live, let version = stored.liveVersion,
      let document = try answers.store.document(stored.number, version: version, db)
    else { throw Problem.conflict("expected a live chain, this one is \(stored.status.rawValue)") }
    let chain = ChainParser.parse(try ChainDocument.parse(Array(document.utf8))).chain
    guard chain?.triggers.contains(where: { $0.kind == .api }) == true else {
      throw Problem.conflict(
        "nobody comes into \(stored.id) by a call: its `enter` has no {\"api\": true}")
    }
  }
}

/// `{"contact": "ann", "properties"?: {…}}`
private struct EnrollWish: Sendable {
  let contact: String
  /// What the run's trigger says.
  let properties: JSONObject

  /// Of the properties.
  private static let maxBytes = 16_384

  init(_ node: JSONNode) throws(Refusal) {
    var reader = FieldReader(node, known: ["contact", "properties", "segment"])
    if node["segment"] != nil {
      reader.refuse(
        "segment", .notYet, "enrolling a segment is part of the contract, but this server does not do it yet",
        hint: "name one contact a call")
    }
    let contact = reader.string("contact", maxBytes: Identifier.maxBytes, required: node["segment"] == nil)
    var properties: JSONObject = [:]
    if let given = node["properties"], !given.isNull {
      if let object = given.value.object {
        properties = object
      } else {
        reader.refuse(.wrongType(reader.pointer(to: "properties"), given, expected: "an object"))
      }
      if given.value.text.utf8.count > Self.maxBytes {
        reader.refuse("properties", .tooLarge, "expected at most \(Self.maxBytes) bytes of properties")
      }
    }
    try reader.check()
    (self.contact, self.properties) = (contact ?? "", properties)
  }
}
