import Domain
import Engine
import JSON
import SQL

/// Writes how a claim ended: the class of the answer decides between the end, another try, and not knowing.
struct OutcomeRecorder {
  let ledger: Ledger
  let rules: Rules

  /// First pause, doubled with each try up to the longest.
  static let firstPauseSeconds = 30.0
  static let longestPauseSeconds = 3600.0

  /// - Returns: until when the whole channel is held, if its provider asked for patience.
  func record(
    _ outcome: Outcome, opensTask: Bool, mayRepeat: Bool, now: Int64, _ db: Connection
  ) throws -> Int64? {
    let claim = outcome.claim
    switch outcome.result {
    case .untouched:
      // In its old place: those that are due later do not pass it by.
      _ = try ledger.retry(claim, at: claim.dueAt.milliseconds, error: nil, countsTry: false, db)
    case .unready(let detail):
      try retry(claim, after: nil, reason: detail, now: now, db)
    case .unrenderable(let code, let detail):
      _ = try ledger.finish(
        claim, as: "failed", error: code, more: ["reason": .string(code), "detail": .string(detail)], now: now, db)
    case .handed(.accepted(let providerID)):
      guard try ledger.finish(claim, as: "sent", providerID: providerID, now: now, db) else { return nil }
      if opensTask { try TaskStore().open(claim, outcome.task, now: now, db) }
    case .handed(.rejected(let reason)):
      _ = try ledger.finish(claim, as: "failed", error: reason, more: ["reason": "rejected"], now: now, db)
    case .handed(.retry(let after, let reason)):
      try retry(claim, after: after, reason: reason, now: now, db)
    case .handed(.throttled(let after, let reason)):
      let until = now + Int64(min(max(after, 1), Self.longestPauseSeconds) * 1000)
      _ = try ledger.retry(claim, at: until, error: reason, countsTry: false, db)
      return until
    case .handed(.unknown(let reason)):
      if mayRepeat {
        try retry(claim, after: nil, reason: reason, now: now, db)
      } else {
        _ = try ledger.finish(claim, as: "unknown", error: reason, more: ["reason": "unknown"], now: now, db)
      }
    }
    return nil
  }

  private func retry(_ claim: Claim, after: Double?, reason: String, now: Int64, _ db: Connection) throws {
    guard claim.attempt < rules.channels[claim.channel]?.maxAttempts ?? 1 else {
      _ = try ledger.finish(
        claim, as: "failed", error: "given up after \(claim.attempt) tries: \(reason)",
        more: ["reason": "too_many_attempts"], now: now, db)
      return
    }
    let grown = Self.firstPauseSeconds * Double(sign: .plus, exponent: min(claim.attempt - 1, 16), significand: 1)
    let pause = max(min(grown, Self.longestPauseSeconds), min(after ?? 0, Self.longestPauseSeconds))
    // Up to a fifth more, by a hash: not all at once, and the same in every replay.
    let jitter = Double(StableHash.of("\(claim.message) \(claim.attempt)") % 1000) / 5000
    _ = try ledger.retry(claim, at: now + Int64(pause * (1 + jitter) * 1000), error: reason, db)
  }
}
