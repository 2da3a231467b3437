import Domain
public import SQL

/// Who asks for a segment.
public enum SegmentUse {
  /// For people: `the chain welcome`; nil: nobody does. Cost: every live chain and segment is read.
  public static func first(of segment: String, _ db: Connection) throws -> String? {
    if let other = try SegmentStore().uses(db).filter({ $0.value.contains(segment) }).keys.min() {
      return "the segment \(other)"
    }
    let sql = """
      SELECT c.id, v.document FROM chains c JOIN chain_versions v ON v.chain = c.number
      WHERE c.status <> 'archived' AND (v.version = c.live_version OR EXISTS (
        SELECT 1 FROM runs WHERE runs.chain = c.number AND runs.version = v.version AND runs.state = 'active'))
      ORDER BY c.id
      """
    for (id, document) in try db.query(sql, [], { ($0.text(0), $0.textBytes(1)) }) {
      if ChainCatalog.parse(document)?.segments.contains(segment) ?? false { return "the chain \(id)" }
    }
    return nil
  }
}
