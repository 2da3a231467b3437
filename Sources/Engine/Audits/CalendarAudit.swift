public import SQL

/// Whether what is planned by time belongs to something and can happen.
public enum CalendarAudit {
  /// Cost: a walk through the planned entries, and two look-ups for each.
  public static let audits = [
    Audit("planned entries", "each belongs to an open timetable of a chain and to a contact, and waits or is done") {
      try $1.find($0, lost)
      try $1.find($0, orphans)
    }
  ]

  private static let lost = """
    SELECT 'timetable ' || t.id || ', ' || t.trigger || ', is of chain number ' || t.chain || ', which is not there'
    FROM timetables t WHERE NOT EXISTS (SELECT 1 FROM chains c WHERE c.number = t.chain) ORDER BY t.id
    """

  /// Who is remembered as done and waits for nothing is a date's.
  private static let orphans = """
    SELECT 'the planned entry of contact ' || e.contact || ' in timetable ' || e.timetable || CASE
        WHEN t.id IS NULL THEN ' has no timetable'
        WHEN t.state <> 'open' THEN ' is in one that is ' || t.state
        WHEN NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = e.contact) THEN ' is of nobody'
        WHEN e.due_at IS NOT NULL AND e.parked_at IS NOT NULL THEN ' is parked and due at the same time'
        ELSE ' waits for nothing' END
    FROM planned_entries e LEFT JOIN timetables t ON t.id = e.timetable
    WHERE t.id IS NULL OR t.state <> 'open' OR NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = e.contact)
      OR (e.due_at IS NOT NULL AND e.parked_at IS NOT NULL)
      OR (e.due_at IS NULL AND e.parked_at IS NULL AND e.done IS NULL)
    ORDER BY e.timetable, e.contact
    """
}
