public import Domain
import JSON
public import SQL

/// Segments as marketers edit them. Stateless: works over the connection it is given. Whoever writes tells the catalog of
/// chains, which everything that follows definitions is read anew with.
public struct SegmentStore: Sendable {
  /// Nesting a segment's document may have.
  public static let documentDepth = ChainStore.documentDepth
  public static let documentBytes = 256 << 10
  /// Each event is held against those that listen to its type.
  public static let most = 1000

  public enum State: String, Sendable {
    /// Its members are being looked for, a slice a round.
    case computing
    case live
    /// Gone; its members are being let go.
    case leaving
  }

  public struct Stored: Sendable {
    public let number: Int64
    public let id: String
    public let document: String
    public let revision: Int64
    public let applied: String?
    public let state: State
    /// contacts.id up to which the members are known while it is computed.
    public let walked: Int64
    public let members: Int64
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    public let computedAt: Timestamp?

    /// Nil when this server cannot read it.
    public var condition: Condition? { SegmentStore.parse(Array(document.utf8))?.condition }
  }

  public init() {}

  private static let columns =
    "number, id, document, revision, applied, state, walked, members, created_at, updated_at, computed_at"

  public func segment(_ id: String, _ db: Connection) throws -> Stored? {
    try db.first("SELECT \(Self.columns) FROM segments WHERE id = $1 AND state <> 'leaving'", [.text(id)], Self.read)
  }

  /// By id, from after `id` on.
  public func page(after id: String, limit: Int, _ db: Connection) throws -> [Stored] {
    let sql = """
      SELECT \(Self.columns) FROM segments WHERE id IS NOT NULL AND id > $1 AND state <> 'leaving' ORDER BY id LIMIT $2
      """
    return try db.query(sql, [.text(id), .int(limit)], Self.read)
  }

  /// For each segment the segments that its condition names.
  public func uses(_ db: Connection) throws -> [String: Set<String>] {
    let rows = try db.query(
      "SELECT id, document FROM segments WHERE id IS NOT NULL AND state <> 'leaving'", [],
      { ($0.text(0), $0.textBytes(1)) })
    return Dictionary(rows.map { ($0, Self.parse($1)?.condition.segments ?? []) }) { $1 }
  }

  /// Why it cannot be saved beside those that there are now.
  public func obstacle(to segment: Segment, as id: String, _ db: Connection) throws -> Issue? {
    let uses = try uses(db)
    if uses[id] == nil, uses.count >= Self.most {
      return Issue(
        pointer: "", code: .badValue, detail: "expected at most \(Self.most) segments, and there are as many",
        hint: "delete those that nobody asks for")
    }
    let asked = Segment.reached(from: segment.condition.segments, by: uses)
    if asked.contains(id) {
      return Issue(pointer: "/is", code: .badValue, detail: "the segment asks for itself through others")
    }
    if let missing = asked.filter({ uses[$0] == nil }).min() {
      return Issue(
        pointer: "/is", code: .unknownReference, detail: "expected the id of a segment, got \"\(missing.prefix(60))\"")
    }
    return nil
  }

  /// Nil when this server cannot read it.
  static func parse(_ document: [UInt8]) -> Segment? {
    let limits = JSONLimits(maxDepth: documentDepth)
    return (try? JSONDocument(parsing: document, limits: limits)).flatMap { SegmentParser.parse($0.root).segment }
  }

  /// Saves it. Where the condition is another than before, its members are looked for anew: who becomes one by that does
  /// not enter, and who is one no more does not leave.
  @discardableResult
  public func save(
    _ id: String, document: String, isSameCondition: Bool = false, now: Timestamp, _ db: Connection
  ) throws -> (stored: Stored, created: Bool) {
    let known = try segment(id, db)
    if let known {
      let sql = """
        UPDATE segments SET document = $2, revision = revision + 1, updated_at = $3,
          state = CASE WHEN $4 = 1 THEN state ELSE 'computing' END, walked = CASE WHEN $4 = 1 THEN walked ELSE 0 END
        WHERE number = $1
        """
      try db.run(sql, [.int(known.number), .text(document), .int(now.milliseconds), .bool(isSameCondition)])
    } else {
      // One that is leaving makes room for another of its name.
      try db.run("UPDATE segments SET id = NULL WHERE id = $1", [.text(id)])
      let sql = """
        INSERT INTO segments (id, document, revision, state, walked, members, zone, created_at, updated_at)
        VALUES ($1, $2, 1, 'computing', 0, 0, '', $3, $3)
        """
      try db.run(sql, [.text(id), .text(document), .int(now.milliseconds)])
    }
    guard let stored = try segment(id, db) else { throw MissingSegment(id: id) }
    return (stored, known == nil)
  }

  public func setApplied(_ id: String, hash: String, _ db: Connection) throws {
    try db.run("UPDATE segments SET applied = $2 WHERE id = $1", [.text(id), .text(hash)])
  }

  /// Its members are let go a slice at a time, by the engine.
  public func delete(_ id: String, _ db: Connection) throws {
    try db.run("UPDATE segments SET state = 'leaving' WHERE id = $1", [.text(id)])
  }

  private static func read(_ row: Row) -> Stored {
    Stored(
      number: row.int(0), id: row.text(1), document: row.text(2), revision: row.int(3), applied: row.optionalText(4),
      state: State(rawValue: row.text(5)) ?? .leaving, walked: row.int(6), members: row.int(7),
      createdAt: Timestamp(milliseconds: row.int(8)), updatedAt: Timestamp(milliseconds: row.int(9)),
      computedAt: row.optionalInt(10).map { Timestamp(milliseconds: $0) })
  }
}

/// A segment that is not there.
public struct MissingSegment: Error {
  public let id: String
}
