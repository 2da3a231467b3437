import Domain
import Engine
import SQL

/// Marketing messages whose hand-over is not over, by contact: each has its slot of the caps until its end is known. What
/// the rows with status `sending` say, without looking for them.
struct SlotsInHand {
  struct Slot {
    let message: Int64
    let attempt: Int
    let channel: String
    /// chains.number
    let chain: Int64
  }

  private var slots: [Int64: [Slot]] = [:]

  mutating func take(_ claim: Claim, of chain: Int64) {
    guard claim.purpose == .marketing else { return }
    slots[claim.contact, default: []].append(
      Slot(message: claim.message, attempt: claim.attempt, channel: claim.channel, chain: chain))
  }

  mutating func release(_ claim: Claim) {
    guard claim.purpose == .marketing else { return }
    slots[claim.contact]?.removeAll { ($0.message, $0.attempt) == (claim.message, claim.attempt) }
    if slots[claim.contact]?.isEmpty == true { slots[claim.contact] = nil }
  }

  /// The latest is last. What is at hand for somebody who was merged since is the survivor's.
  func slots(
    of contact: Int64, over channels: [String], _ merged: MergedContacts, _ db: Connection
  ) throws -> [Slot] {
    var found = slots[contact] ?? []
    for (holder, slots) in slots where merged.mayBeMerged(holder) && holder != contact {
      if try merged.survivor(of: holder, db) == contact { found += slots }
    }
    return found.filter { channels.contains($0.channel) }.sorted { $0.message < $1.message }
  }
}
