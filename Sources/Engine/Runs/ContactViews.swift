public import Domain
import Ingest
import JSON
public import SQL

/// Makes the views of contacts that the pure rules ask, out of the stores that hold what there is to know.
public struct ContactViews {
  let log: EventLog
  let timeline: Timeline
  let recent: RecentRows
  let catalog: ChainCatalog
  let counters: Counters
  let rules: Rules
  let rfmVersions: RfmVersionCache
  /// Whether a contact's figures are kept; else they are worked out of the timeline each time.
  let keepsRfm: Bool
  let segments: SegmentCatalog
  let past: RecentPast

  /// Where no run asks.
  func evaluator(of contact: Contact, now: Timestamp, _ db: Connection) -> Evaluator {
    Evaluator(view: view(of: contact, db), run: .none(at: now), now: now)
  }

  func view(of contact: Contact, _ db: Connection) -> StoredContactView {
    let moment = LogMoment(at: contact.firstSeenAt, seq: 0)
    let nobody = Run(
      id: 0, chain: 0, version: 0, contact: contact.row, key: "", state: .active, step: 0, enteredAt: moment.at,
      entry: moment, triggerSeq: 0, stepStart: moment, stepDueAt: nil, dueAt: nil, data: [:], marks: [:],
      goalUntil: nil, endedAt: nil, reason: nil)
    return StoredContactView(self, contact: contact, run: nobody, db)
  }

  /// Who was merged into whom.
  public var merged: MergedContacts { timeline.merged }

  /// - Parameter run: the one that asks; before it is stored its id is 0.
  public func view(of contact: Contact, for run: Run, _ db: Connection) -> StoredContactView {
    StoredContactView(self, contact: contact, run: run, db)
  }
}
