public import Domain
import Ingest
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

  /// - Parameter run: the one that asks; before it is stored its id is 0.
  public func view(of contact: Contact, for run: Run, _ db: Connection) -> StoredContactView {
    StoredContactView(self, contact: contact, run: run, db)
  }
}
