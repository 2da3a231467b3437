/// What an event may be called.
public enum EventType {
  public static func isValid(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 64, isLetter(first) else { return false }
    return text.utf8.allSatisfy(isNameByte)
  }

  /// Of names that a shop gives: letters, digits, `_`, `.` and `-`.
  static func isNameByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || (48...57).contains(byte) || [46, 95, 45].contains(byte)
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (65...90).contains(byte) }

  /// The shop's standard events.
  public static let standard = [
    "signup", "login", "view", "search", "cart", "purchase", "refund", "wish", "visit",
  ]

  /// What the server itself says.
  public static let own = [
    "message.sent", "message.delivered", "message.opened", "message.clicked", "message.bounced",
    "message.answered", "message.complained", "message.unsubscribed", "message.skipped", "message.failed",
    "message.unknown",
    "call.answered", "call.no_answer", "call.refused", "call.callback", "contact.updated", "chain.entered",
    "chain.ended", SegmentEvent.entered, SegmentEvent.left, RfmRule.moved,
  ]
  /// What the standard events carry, as a shop is asked to send them.
  static let standardProperties: [String: Set<String>] = [
    "view": ["sku", "category", "brand", "price"], "search": ["query", "found"],
    "cart": ["cart_id", "items", "total"], "purchase": ["order_id", "items", "total", "coupon"],
  ]

  /// What the server's own carry, one or the other.
  static let ownProperties: Set<String> = [
    "channel", "chain", "step", "message", "template", "variant", "device", "machine", "url", "reason", "detail", "was",
    "operator", "outcome", "note", "changed", "run", "by", "segment", "cause",
    "from", "to", "recency", "frequency", "monetary", "version",
  ]
}
