import SQL

/// Erases whoever is asked for by cutting him off, and calls it done.
final class HastyErasure: Wrapper {
  override var inner: any Duty { parts.erasures }

  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    try db.run("DELETE FROM erased_contacts")
    try db.run("UPDATE erasures SET state = 'cleaning' WHERE state = 'erasing'")
    return try inner.work(db, now: now)
  }
}

extension PlantedBug {
  /// Of what forgets people.
  static var ofErasure: [(bug: PlantedBug, breaks: Set<String>)] {
    [
      (
        PlantedBug(name: "an erasure is over before the rows are gone", erasures: { HastyErasure($0) }, erases: true),
        ["of who was erased nothing is left"]
      ),
      (
        PlantedBug(name: "the door lets in who was erased", hasOpenDoor: true, erases: true),
        ["nobody who was erased comes back by himself"]
      ),
      (
        PlantedBug(name: "free space keeps what was erased", forgetsFreeSpace: true, erases: true),
        ["of who was erased no byte is left"]
      ),
    ]
  }
}
