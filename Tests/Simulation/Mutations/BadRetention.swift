import Domain
import Engine
import Retention
import SQL

/// Retention with something done beside it, to rows that it has rightly left or has just deleted.
final class BadRetention: Wrapper {
  private let earlier: Int64
  private let deed: String

  /// - Parameters:
  ///   - earlier: milliseconds by which its clock is ahead.
  ///   - deed: statements. `$past` is three days ago, `$acted` the last event that has acted.
  init(_ parts: PlantedBug.Parts, earlier: Int64 = 0, deed: String = "SELECT 1") {
    (self.earlier, self.deed) = (earlier, deed)
    super.init(parts)
  }

  override var inner: any Duty { parts.retention ?? parts.delivery }

  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    let progress = try inner.work(db, now: now + earlier)
    let past = String(now - 3 * 86_400_000)
    let acted = String(parts.engine.actedSeq)
    for statement in deed.replacing("$past", with: past).replacing("$acted", with: acted).split(separator: ";") {
      try db.run(String(statement))
    }
    return progress
  }
}

extension PlantedBug {
  private static var policy: RetentionPolicy {
    RetentionPolicy(
      events: Span(days: 9), types: ["view": Span(days: 2)], messages: Span(days: 6), traces: Span(days: 4))
  }

  /// Of what deletes.
  static var ofRetention: [(bug: PlantedBug, breaks: Set<String>)] {
    [
      (
        PlantedBug(
          name: "retention does not ask what runs need",
          retention: { BadRetention($0, deed: "DELETE FROM events WHERE seq IN (SELECT seq FROM kept_events)") },
          kept: policy),
        ["what a run needs stays"]
      ),
      (
        PlantedBug(
          name: "retention deletes past the cursor",
          retention: { parts in
            BadRetention(parts, deed: "DELETE FROM events WHERE seq > $acted AND seq < (SELECT max(seq) FROM events)")
          }, kept: policy, slice: Engine.Slice(events: 1, timers: 3)),
        ["the log is in order", "no acknowledged event is lost", "no event that was seen is lost"]
      ),
      (
        PlantedBug(
          name: "retention deletes two days too early", retention: { BadRetention($0, earlier: 2 * 86_400_000) },
          kept: policy),
        ["no acknowledged event is lost", "no event that was seen is lost"]
      ),
      (
        PlantedBug(
          name: "retention deletes a message that is still planned",
          retention: {
            BadRetention(
              $0,
              deed: """
                INSERT INTO retired_messages (chain, version, label, channel, status, count)
                SELECT chain, version, label, channel, 'skipped', count(*) FROM messages
                WHERE status = 'planned' AND planned_at <= $past GROUP BY 1, 2, 3, 4
                ON CONFLICT (chain, version, label, channel, status) DO UPDATE SET count = count + excluded.count;
                DELETE FROM messages WHERE status = 'planned' AND planned_at <= $past
                """)
          }, kept: policy),
        [
          "the books balance", "messages are counted by status", "every message that is not over is counted",
          "every message comes to an end", "no run is stuck",
        ]
      ),
      (
        PlantedBug(
          name: "what retention deletes leaves the books",
          retention: { BadRetention($0, deed: "DELETE FROM retired_messages") }, kept: policy),
        ["every planned message is counted", "messages are counted by status", "the books balance"]
      ),
      (
        PlantedBug(
          name: "retention forgets who may come in only once",
          retention: {
            BadRetention(
              $0,
              deed: """
                CREATE TEMP TABLE IF NOT EXISTS forgotten (id);
                DELETE FROM forgotten;
                INSERT INTO forgotten SELECT id FROM runs WHERE state = 'ended' AND ended_at <= $past
                  AND id < (SELECT max(id) FROM runs) AND id NOT IN (SELECT run FROM messages);
                INSERT INTO retired_runs (chain, version, reason, count)
                SELECT chain, version, reason, count(*) FROM runs WHERE id IN (SELECT id FROM forgotten) GROUP BY 1, 2, 3
                ON CONFLICT (chain, version, reason) DO UPDATE SET count = count + excluded.count;
                DELETE FROM run_moves WHERE run IN (SELECT id FROM forgotten);
                DELETE FROM runs WHERE id IN (SELECT id FROM forgotten)
                """)
          }, kept: policy),
        ["re-entry keeps its rule"]
      ),
    ]
  }
}
