import Delivery
import Domain
import SQL

/// How much marketing one person gets: no cap is exceeded, and none holds back what it has room for. What was handed over
/// is counted in the provider's memory; the file says alone whose a message is by now.
final class CapChecks {
  private struct Other {
    let id: Int64
    let channel: String
    /// Or why it was given up.
    let status: String
  }

  private let db: Connection
  private let caps: [FrequencyCap]
  /// By how much clocks may be set while a message is at hand.
  private let slack: Int64
  /// Messages that a cap has put off.
  private var putOff: Set<Int64> = []

  private static let hour: Int64 = 3_600_000

  init(_ db: Connection, _ caps: [FrequencyCap], setsClock: Bool) {
    (self.db, self.caps, slack) = (db, caps, setsClock ? 3 * Self.hour : 0)
  }

  /// Of a marketing message.
  func check(_ handOver: Provider.HandOver, _ provider: Provider) throws {
    for cap in caps where cap.channels.contains(handOver.claim.channel) {
      let others = try others(of: handOver.claim.message, handOver.claim.contact, cap)
      let since = handOver.wall - shortest(cap.per) + slack
      let got = others.filter(holdsSlot).map(\.id).filter { mayHaveCome($0, since, before: handOver.number, provider) }
      guard got.count >= cap.limit else { continue }
      throw Violation(
        "no cap is exceeded",
        "\(cap.text): message \(handOver.claim.message) to \(handOver.claim.address) after \(got.sorted())")
    }
  }

  /// Where the far side knows messages by their keys, one whose end is not known is tried again: until then, and when it
  /// is given up, the server counts it as not handed over.
  private func holdsSlot(_ other: Other) -> Bool {
    let knowsKeys = SimulatedDispatch.lines[other.channel]?.mayRepeat ?? false
    return !knowsKeys || ["sending", "sent", "unknown"].contains(other.status)
  }

  /// The far side has the message, or the last that is known is that nobody knows; and no person has said since that it
  /// has not.
  private func mayHaveCome(_ message: Int64, _ since: Int64, before number: Int, _ provider: Provider) -> Bool {
    let all = provider.handOvers(of: message).filter { $0.number < number }
    let again = provider.retriesAsked.filter { $0.message == message }.map(\.after).max() ?? 0
    return all.enumerated().dropFirst(again).contains { index, handOver in
      guard handOver.wall > since else { return false }
      switch handOver.answer {
      case .handed(.accepted): return true
      case .handed(.unknown): return index == all.count - 1
      case .handed, .untouched, .unready, .unrenderable: return false
      }
    }
  }

  /// What a cap has just put off had others before it, or beside it, that fill the cap.
  /// - Parameter changed: messages of the round.
  func checkHeld(_ changed: Set<Int64>, _ world: World) throws {
    guard !caps.isEmpty else { return }
    for message in changed.sorted() where !putOff.contains(message) {
      let sql = "SELECT held_by, contact FROM messages WHERE id = $1 AND held_by LIKE 'cap %'"
      guard let (by, contact) = try db.first(sql, [.int(message)], { ($0.text(0), $0.int(1)) }) else { continue }
      putOff.insert(message)
      world.tally.putOff += 1
      guard let cap = caps.first(where: { by.hasPrefix("cap " + $0.text) }) else { continue }
      // What was handed over long ago may have been heard of late.
      let since = world.clock.wall - cap.per.approximateMilliseconds - 4 * 24 * Self.hour
      let reasons = try others(of: message, contact, cap).filter { other in
        ["planned", "sending", "unknown", "too_many_attempts"].contains(other.status)
          || (other.status == "sent" && world.provider.handOvers(of: other.id).contains { $0.wall >= since })
      }
      guard reasons.count < cap.limit else { continue }
      throw Violation("a cap leaves its slots", "message \(message), \(by), because of \(reasons.map(\.id))")
    }
  }

  /// Marketing to the same person over the cap's channels.
  private func others(of message: Int64, _ contact: Int64, _ cap: FrequencyCap) throws -> [Other] {
    let sql = """
      SELECT m.id, m.channel, CASE m.error WHEN 'too_many_attempts' THEN m.error ELSE m.status END FROM messages m
      WHERE m.purpose = 'marketing' AND m.id <> $1 AND m.contact IN (
        SELECT $2 UNION SELECT survivor FROM merged_contacts WHERE contact = $2
        UNION SELECT contact FROM merged_contacts WHERE survivor IN (
          SELECT $2 UNION SELECT survivor FROM merged_contacts WHERE contact = $2))
      """
    return try db.query(sql, [.int(message), .int(contact)]) {
      Other(id: $0.int(0), channel: $0.text(1), status: $0.text(2))
    }.filter { cap.channels.contains($0.channel) }
  }

  /// Days may be an hour or two shorter where clocks change.
  private func shortest(_ span: Span) -> Int64 {
    let isExact = span.days == 0 && span.months == 0
    return span.approximateMilliseconds - (isExact ? 0 : 2 * Self.hour)
  }
}
