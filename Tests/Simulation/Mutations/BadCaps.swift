import Domain
import Engine
import SQL

/// A gate that sees other times of hand-over than there were.
final class BadCaps: Wrapper {
  private let condition: String
  private let sentAt: String

  /// - Parameters:
  ///   - condition: of which messages.
  ///   - sentAt: what stands in the place of the column.
  init(_ parts: PlantedBug.Parts, _ condition: String, sentAt: String) {
    (self.condition, self.sentAt) = (condition, sentAt)
    super.init(parts)
  }

  override var inner: any Duty { parts.delivery }

  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    let rows = try db.query("SELECT id, sent_at FROM messages WHERE \(condition)") { ($0.int(0), $0.optionalInt(1)) }
    for (id, _) in rows { try db.run("UPDATE messages SET sent_at = \(sentAt) WHERE id = $1", [.int(id)]) }
    let progress = try inner.work(db, now: now)
    for (id, at) in rows {
      try db.run("UPDATE messages SET sent_at = $2 WHERE id = $1", [.int(id), at.map { .int($0) } ?? .null])
    }
    return progress
  }
}

extension PlantedBug {
  private static var one: FrequencyCap {
    FrequencyCap(channels: ["email", "sms", "call"], limit: 1, per: Span(days: 7))
  }

  /// Of what keeps marketing bearable.
  static var ofCaps: [(bug: PlantedBug, breaks: Set<String>)] {
    [
      (
        PlantedBug(
          name: "what nobody knows the end of takes no slot of a cap",
          delivery: { BadCaps($0, "status = 'unknown'", sentAt: "NULL") }, caps: [one]),
        ["no cap is exceeded"]
      ),
      (
        PlantedBug(
          name: "each channel of a cap counts alone",
          gateRules: { rules in
            var rules = rules
            rules.caps = rules.caps.flatMap { cap in
              cap.channels.map { FrequencyCap(channels: [$0], limit: cap.limit, per: cap.per) }
            }
            return rules
          }, caps: [one]),
        ["no cap is exceeded"]
      ),
      (
        PlantedBug(
          name: "what has failed takes a slot of a cap",
          delivery: { BadCaps($0, "status = 'failed'", sentAt: "sending_at") }, caps: [one]),
        ["a cap leaves its slots"]
      ),
    ]
  }
}
