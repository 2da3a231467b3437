import Domain
import Engine
import Foundation
import JSON
import SQL
import Testing

extension EngineWorld {
  /// As PUT /v1/segments/{id} with `{"is": condition}`.
  func save(_ id: String, _ condition: String, once: Bool = false) throws {
    let document = #"{"is":\#(condition)}"#
    let parsed = SegmentParser.parse(try JSONDocument(parsing: Array(document.utf8)).root)
    #expect(parsed.errors == [])
    try write(once: once) { db, now, world in
      try SegmentStore().save(id, document: document, now: now, db)
      world.catalog.invalidate()
    }
  }

  func stored(_ id: String) throws -> SegmentStore.Stored {
    let db = try Connection(path: folder.appending(path: "zveno.sqlite").path, mode: .reader)
    defer { db.close() }
    return try #require(try SegmentStore().segment(id, db))
  }

  /// By the shop's own ids, in the order in which they were first seen.
  func members(_ id: String) throws -> [String] {
    try query(
      """
      SELECT external_id FROM memberships JOIN contacts ON contacts.id = contact
      WHERE since IS NOT NULL AND segment = (SELECT number FROM segments WHERE id = '\(id)') ORDER BY contact
      """
    ) { $0.text(0) }
  }

  /// Who entered and left what, why, and at which clock time it is said to have been.
  var moves: [String] {
    get throws {
      let rows = try query(
        """
        SELECT name, properties, at FROM events JOIN event_types ON event_types.id = events.type
        WHERE name LIKE 'segment.%' ORDER BY seq
        """
      ) { ($0.text(0), $0.textBytes(1), $0.int(2)) }
      return try rows.map { type, properties, at in
        let properties = try JSONValue(parsing: properties)
        let clock = Timestamp(milliseconds: at).rfc3339.dropFirst(11).prefix(5)
        return "\(type) \(properties["segment"]?.string ?? "?") \(properties["cause"]?.string ?? "?") \(clock)"
      }
    }
  }

  /// The runs inside, by chain and contact.
  var inside: [String] {
    get throws {
      try query(
        """
        SELECT chains.id || ' ' || external_id FROM runs JOIN chains ON chains.number = chain
        JOIN contacts ON contacts.id = contact WHERE state = 'active' ORDER BY runs.id
        """
      ) { $0.text(0) }
    }
  }
}
