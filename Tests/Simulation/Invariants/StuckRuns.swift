/// Runs and messages that nothing will ever move again: must be none, whenever it is asked.
enum StuckRuns {
  /// An active run has a due time, or stands at a message that is not over, or whose end the engine has not read yet, or
  /// is parked by a pause; a message that waits has a due time or is parked by a pause. A resume under way may still have
  /// to come to it. One row for each that is stuck.
  static let sql = """
    WITH position (cursor) AS (
      SELECT coalesce((SELECT CAST(value AS INTEGER) FROM facts WHERE name = 'engine.cursor'), 0))
    SELECT 'run' AS what, r.id AS id FROM runs r JOIN chains c ON c.number = r.chain
    WHERE r.state = 'active' AND r.due_at IS NULL AND c.number NOT IN (SELECT chain FROM resumes) AND (
      (r.parked_at IS NOT NULL AND c.status NOT IN ('paused', 'archived'))
      OR (r.parked_at IS NULL AND c.status <> 'archived' AND NOT EXISTS (
        SELECT 1 FROM messages m WHERE m.run = r.id AND m.step = r.step AND (
          m.status IN ('planned', 'sending') OR c.status = 'paused'
          OR EXISTS (SELECT 1 FROM position p JOIN events e ON e.seq > p.cursor WHERE e.message = m.id)))))
    UNION ALL
    SELECT 'message', m.id FROM messages m JOIN chains c ON c.number = m.chain
    WHERE m.status = 'planned' AND m.due_at IS NULL
      AND (m.parked_at IS NULL OR c.status NOT IN ('paused', 'archived')) AND c.number NOT IN (SELECT chain FROM resumes)
    """
}
