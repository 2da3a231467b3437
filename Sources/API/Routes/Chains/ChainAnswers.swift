import Delivery
import Domain
import Engine
import HTTP
import Ingest
import JSON
import SQL

/// What answers about chains are made of.
struct ChainAnswers: Sendable {
  let store = ChainStore()
  let rules: Rules
  let eventTypes: @Sendable () -> Set<String>
  private let now: @Sendable () -> Int64
  private let monotonic: @Sendable () -> Int64
  private let timeline: Timeline

  init(_ stages: Stages) {
    let log = stages.log
    (rules, now, monotonic, timeline) = (stages.rules, stages.now, stages.monotonic, stages.timeline)
    eventTypes = { Set(log.acceptedByType.keys) }
  }

  /// What a chain may name now.
  func references(_ db: Connection, of id: String? = nil) throws -> References {
    var references = References(
      channels: rules.channels, templates: try TemplateStore().ids(db), eventTypes: eventTypes())
    references.partials = try TemplateStore().partials(db)
    references.chainID = id
    references.chains = try store.ids(db)
    let uses = try SegmentStore().uses(db)
    (references.segments, references.segmentUses) = (Set(uses.keys), uses)
    references.webhooks = Set(try WebhookStore().all(db).map(\.id))
    (references.retention, references.caps) = (rules.retention, rules.caps)
    references.time = PublishingTime(
      now: Timestamp(milliseconds: now()), shopZone: rules.shopZone, published: try broadcasts(of: id, db))
    let attributes = try SeenAttributes.read(db)
    references.seen = SeenNames(
      events: try SeenProperties.read(db), contacts: attributes.contacts, attributes: attributes.names)
    return references
  }

  /// What a segment may name now.
  func references(_ db: Connection, ofSegment id: String?) throws -> References {
    var references = try references(db)
    references.segmentID = id
    return references
  }

  /// Whom publishing the chain would take at once.
  func existing(_ chain: Chain, of stored: ChainStore.Stored, _ db: Connection) throws -> Int64 {
    let live = try stored.liveVersion.flatMap { try store.document(stored.number, version: $0, db) }
    return try ExistingMembers(
      timeline: timeline, rules: rules, now: Timestamp(milliseconds: now()), monotonic: monotonic
    ).count(chain, live: try live.flatMap { ChainParser.parse(try ChainDocument.parse(Array($0.utf8))).chain }, db)
  }

  private func broadcasts(of id: String?, _ db: Connection) throws -> Set<LocalTime> {
    guard let stored = try id.flatMap({ try store.chain($0, db) }), let version = stored.liveVersion,
      let document = try store.document(stored.number, version: version, db)
    else { return [] }
    return PublishingTime.broadcasts(in: try ChainDocument.parse(Array(document.utf8)))
  }

  /// The chain; 404 when there is none, 412 when the call's conditions do not hold.
  func chain(_ call: Call, _ db: Connection) throws -> ChainStore.Stored {
    guard let stored = try store.chain(call["id"], db) else {
      throw Problem.notFound("there is no chain \(call["id"])")
    }
    try Revision.check(call, current: Revision(stored.revision))
    return stored
  }

  /// Without its document.
  func summary(_ stored: ChainStore.Stored) -> JSONObject {
    [
      "id": .string(stored.id), "status": .string(stored.status.rawValue),
      "version": stored.liveVersion.map { .number(JSONNumber($0)) } ?? .null,
      "has_draft": .bool(stored.draft != nil), "resuming": .bool(stored.isResuming),
      "moving_to": stored.movingTo.map { .number(JSONNumber($0)) } ?? .null,
      "revision": .number(JSONNumber(stored.revision)),
      "created_at": .string(stored.createdAt.rfc3339), "updated_at": .string(stored.updatedAt.rfc3339),
    ]
  }

  /// Runs that wake up or change over one after the other end that without an edit.
  private func revision(_ stored: ChainStore.Stored) -> Revision {
    let standing = [stored.isResuming ? "resuming" : nil, stored.movingTo.map { "to\($0)" }].compactMap(\.self)
    return Revision(stored.revision, standing: standing.joined(separator: "-"))
  }

  /// With its name, which stands in the document.
  func item(_ stored: ChainStore.Stored, _ db: Connection) throws -> JSONValue {
    var item = summary(stored)
    let document = try store.newest(stored, db).map { try ChainDocument.parse(Array($0.utf8)) }
    item["name"] = document?["name"]?.string.map(JSONValue.string)
    return .object(item)
  }

  func response(_ stored: ChainStore.Stored, status: Int = 200, more: JSONObject = [:]) -> Response {
    var body = summary(stored)
    for (name, value) in more { body[name] = value }
    return .json(.object(body), status: status, headers: [revision(stored).header])
  }
}

extension Array where Element == Issue {
  var json: JSONValue { .array(map(\.json)) }
}
