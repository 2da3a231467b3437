/// An event that has been read and found good, before it has a place in the log.
public struct IncomingEvent: Sendable {
  /// The sender's own, unique for a window of days.
  public var id: String?
  public var type: String
  public var keys: ContactKeys
  /// When it happened; nil means when it is accepted.
  public var at: Timestamp?
  /// A JSON object as it came; empty means none.
  public var properties: [UInt8]
  /// The contact's row, where the server itself speaks.
  public var contact: Int64?
  /// The message it is about, where the server itself speaks.
  public var message: Int64?

  @inlinable public init(
    id: String? = nil, type: String, keys: ContactKeys = ContactKeys(), at: Timestamp? = nil,
    properties: [UInt8] = [], contact: Int64? = nil, message: Int64? = nil
  ) {
    (self.id, self.type, self.keys, self.at) = (id, type, keys, at)
    (self.properties, self.contact, self.message) = (properties, contact, message)
  }
}
