import Foundation

/// One scrape of `/metrics`, and whether what it says of messages holds together. Every moment must: a scrape is of one
/// commit.
struct ScrapedBooks {
  private static let ends: Set<Substring> = ["sent", "failed", "skipped", "unknown"]

  private struct Step {
    var planned = 0.0
    var ended = 0.0
    var pending: Double?
  }

  /// What does not balance.
  private(set) var faults: [String] = []
  /// By chain, version and step as they stand in the text.
  let pending: [String: Double]
  /// The file could be read; without that `/metrics` tells nothing of messages.
  let isWhole: Bool

  init(_ text: String) {
    var steps: [String: Step] = [:]
    var (inLedger, unread, all, isWhole) = (0.0, nil as Double?, 0.0, false)
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else { continue }
      let sample = line[..<space]
      if sample.hasPrefix("zveno_chain_step_total{"), !sample.contains(#"step="""#) {
        guard let place = Self.between("{", #",outcome=""#, sample),
          let outcome = Self.between(#"outcome=""#, #"""#, sample)
        else { continue }
        if outcome == "planned" { steps[String(place), default: Step()].planned += value }
        if Self.ends.contains(outcome) { steps[String(place), default: Step()].ended += value }
      } else if sample.hasPrefix("zveno_chain_step_pending{"), let place = Self.between("{", "}", sample) {
        steps[String(place), default: Step()].pending = value
        all += value
      } else if sample.hasPrefix("zveno_messages_total{"),
        sample.contains(#"status="planned""#) || sample.contains(#"status="sending""#)
      {
        inLedger += value
      } else if sample == "zveno_message_ends_unread" {
        unread = value
      } else if sample == "zveno_metrics_store_read" {
        isWhole = value == 1
      }
    }
    pending = steps.compactMapValues(\.pending)
    self.isWhole = isWhole
    guard isWhole else { return }
    for (place, step) in steps where step.planned != step.ended + (step.pending ?? .nan) {
      faults.append("\(place): \(step.planned) planned, \(step.ended) ended, \(step.pending ?? .nan) pending")
    }
    for (place, step) in steps where step.pending ?? 0 < 0 { faults.append("\(place): \(step.pending ?? 0) pending") }
    if all != inLedger + (unread ?? .nan) || unread ?? 0 < 0 {
      faults.append("\(all) pending, \(inLedger) in the ledger, \(unread ?? .nan) unread")
    }
  }

  private static func between(_ start: String, _ end: String, _ text: Substring) -> Substring? {
    guard let start = text.firstRange(of: start), let end = text[start.upperBound...].firstRange(of: end) else {
      return nil
    }
    return text[start.upperBound..<end.lowerBound]
  }
}
