public import Domain
import SQL

/// An event as it lies in the log.
public struct StoredEvent: Sendable {
  /// Its place in the order of acceptance, from 1.
  public let seq: Int64
  /// Never less than that of the event before.
  public let acceptedAt: Timestamp
  /// When it happened; never after `acceptedAt`.
  public let at: Timestamp
  public let type: String
  /// event_types.id
  public let typeNumber: Int64
  /// The sender's own, if he gave one.
  public let id: String?
  public let keys: ContactKeys
  /// contacts.id and messages.id, for the server's own events.
  public let contact: Int64?
  public let message: Int64?
  /// A JSON object as it came; empty means none.
  public let properties: [UInt8]
}

extension StoredEvent {
  static let columns = """
    events.seq, events.accepted_at, events.at, event_types.name, events.type, events.id, events.external_id,
    events.email, events.phone, events.anonymous_id, events.contact, events.message, events.properties
    """

  init(_ row: Row) {
    self.init(
      seq: row.int(0), acceptedAt: Timestamp(milliseconds: row.int(1)), at: Timestamp(milliseconds: row.int(2)),
      type: row.text(3), typeNumber: row.int(4), id: row.optionalText(5),
      keys: ContactKeys(
        id: row.optionalText(6), email: row.optionalText(7), phone: row.optionalText(8),
        anonymousID: row.optionalText(9)),
      contact: row.optionalInt(10), message: row.optionalInt(11), properties: row.textBytes(12))
  }
}
