import Delivery
import Domain
import Engine
import SQL

/// The stages that live on the writer's thread, for those who speak to them from elsewhere.
final class WriterStages: Settling, @unchecked Sendable {
  // Unchecked: the figures and the outcomes that have arrived are behind locks of their own; everything else is called
  // on the writer's thread alone.
  private let engine: Engine
  private let delivery: Delivery
  private let catalog: ChainCatalog
  private let webhooks: WebhookDuty
  private let hold: Hold

  init(_ engine: Engine, _ delivery: Delivery, _ webhooks: WebhookDuty, _ catalog: ChainCatalog, _ hold: Hold) {
    (self.engine, self.delivery, self.webhooks) = (engine, delivery, webhooks)
    (self.catalog, self.hold) = (catalog, hold)
  }

  /// From any thread.
  var lag: Engine.Lag { engine.metrics }

  /// From any thread.
  var lateness: [String: Histogram] { delivery.metrics }

  /// From any thread; the writer is to be woken afterwards.
  func accept(_ outcome: Outcome) { delivery.accept(outcome) }

  /// From any thread.
  var posts: WebhookDuty.Figures { webhooks.metrics }

  /// From any thread; the writer is to be woken afterwards.
  func accept(_ outcome: WebhookOutcome) { webhooks.accept(outcome) }

  /// On the writer's thread, inside the job that has changed chains.
  func chainsChanged() { catalog.invalidate() }

  /// On the writer's thread, once a release is committed.
  func released() { engine.startOver() }

  func nextDue(_ db: Connection, now: Int64) throws -> Int64? {
    // As for a server that is down: time goes by.
    guard hold.fact == nil else { return nil }
    let moments = [
      try engine.nextDue(db)?.milliseconds, try delivery.nextDue(now: now, db), try webhooks.nextDue(db),
    ]
    return moments.compactMap { $0 }.min()
  }

  func isSettled(_ db: Connection, now: Int64) throws -> Bool {
    guard hold.fact == nil else { return true }
    guard engine.isAtEnd, !engine.hasSlicesLeft, webhooks.isIdle, try delivery.isIdle(db) else { return false }
    return try nextDue(db, now: now) ?? .max > now
  }
}
