import Domain
import Ingest
import SQL
import Testing

@Suite struct EventLogTests {
  private let folder: TestLog

  init() throws { folder = try TestLog() }

  @Test("events get numbers in the order of acceptance and come back as they went in")
  func order() throws {
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    let event = IncomingEvent(
      id: "e-1", type: "cart",
      keys: ContactKeys(id: "1", email: "a@b.example", phone: "+79161234567", anonymousID: "c"),
      at: Timestamp(milliseconds: 5), properties: Array(#"{"a": 1}"#.utf8))
    #expect(try log.commit([event, .visit(nil)], db) == [.stored(seq: 1), .stored(seq: 2)])
    let stored = try log.read(db, after: 0, limit: 10)
    #expect(stored.map(\.seq) == [1, 2])
    #expect(stored[0].id == "e-1")
    #expect(stored[0].type == "cart")
    #expect(stored[0].typeNumber == log.number(ofType: "cart"))
    #expect(stored[0].keys == event.keys)
    #expect(stored[0].at.milliseconds == 5)
    #expect(stored[0].properties == event.properties)
    #expect(stored[1].at.milliseconds == TestLog.now)
    #expect(stored[1].properties.isEmpty)
    #expect(try log.read(db, after: 1, limit: 10).map(\.seq) == [2])
    #expect(try log.event(2, db)?.type == "visit")
    #expect(try log.event(3, db)?.type == nil)
    #expect(log.firstUnread(after: 1) == 2)
    #expect(log.firstUnread(after: 2) == nil)
  }

  @Test("the same id is stored once, in one call, in later ones and after a restart")
  func duplicates() throws {
    do {
      let db = try folder.connection()
      let log = try EventLog(db, now: TestLog.now)
      #expect(
        try log.commit([.visit("a"), .visit("b"), .visit("a")], db)
          == [.stored(seq: 1), .stored(seq: 2), .duplicate(of: 1)])
      #expect(try log.commit([.visit("b")], db) == [.duplicate(of: 2)])
    }
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    #expect(log.lastSeq == 2)
    #expect(try log.commit([.visit("a"), .visit("c")], db) == [.duplicate(of: 1), .stored(seq: 3)])
  }

  @Test("ten thousand ids are all found again, and ten thousand others are all new")
  func manyIDs() throws {
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    let first = (0..<10_000).map { IncomingEvent.visit("id-\($0)") }
    _ = try log.commit(first, db)
    let again = try EventLog(db, now: TestLog.now)
    for log in [log, again] {
      let outcomes = try log.commit(first, db)
      #expect(outcomes == (0..<10_000).map { .duplicate(of: Int64($0 + 1)) })
    }
    let others = try log.commit((0..<10_000).map { .visit("other-\($0)") }, db)
    #expect(others.allSatisfy { if case .stored = $0 { true } else { false } })
  }

  @Test("an id is remembered for seven days and free after that, also over a restart")
  func window() throws {
    let day: Int64 = 86_400_000
    let db = try folder.connection()
    var log = try EventLog(db, now: TestLog.now)
    _ = try log.commit([.visit("a")], now: TestLog.now, db)
    _ = try log.commit([.visit("b")], now: TestLog.now + 3 * day, db)
    #expect(try log.commit([.visit("a")], now: TestLog.now + 7 * day - 1, db) == [.duplicate(of: 1)])
    let later = TestLog.now + 7 * day + 3_600_001
    log = try EventLog(db, now: later)
    #expect(try log.commit([.visit("b")], now: later, db) == [.duplicate(of: 2)])
    #expect(try log.commit([.visit("a")], now: later, db) == [.stored(seq: 3)])
  }

  @Test("an id leaves the window of a running server too")
  func windowMoves() throws {
    let hour: Int64 = 3_600_000
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    _ = try log.commit([.visit("a")], now: TestLog.now, db)
    for step in 1...200 { _ = try log.commit([.visit("x-\(step)")], now: TestLog.now + Int64(step) * hour, db) }
    #expect(try log.commit([.visit("x-100")], now: TestLog.now + 200 * hour, db) == [.duplicate(of: 101)])
    #expect(try log.commit([.visit("a")], now: TestLog.now + 200 * hour, db) == [.stored(seq: 202)])
  }

  @Test("a lost transaction leaves nothing in memory: seq, ids, types and figures are as before")
  func rollback() throws {
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    _ = try log.commit([.visit("a")], db)
    let lost = (0..<5_000).map { IncomingEvent.visit("lost-\($0)", type: "lost") }
    for _ in 0..<3 {
      #expect(throws: Crash.self) {
        try db.transaction {
          _ = try log.append(lost, now: TestLog.now, db)
          throw Crash()
        }
      }
    }
    #expect(log.lastSeq == 1)
    #expect(log.number(ofType: "lost") == nil)
    #expect(log.acceptedByType == ["visit": 1])
    #expect(try log.commit([.visit("a"), .visit("lost-7")], db) == [.duplicate(of: 1), .stored(seq: 2)])
    #expect(try log.commit([lost[8]], db) == [.stored(seq: 3)])
    #expect(log.acceptedByType == ["visit": 2, "lost": 1])
  }

  @Test("a savepoint that is lost takes back its own events alone")
  func savepoint() throws {
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    try db.transaction {
      _ = try log.append([.visit("a")], now: TestLog.now, db)
      #expect(throws: Crash.self) {
        try db.savepoint {
          _ = try log.append([.visit("b")], now: TestLog.now, db)
          throw Crash()
        }
      }
      #expect(
        try log.append([.visit("b"), .visit("a")], now: TestLog.now, db) == [.stored(seq: 2), .duplicate(of: 1)])
    }
    #expect(try folder.count() == 2)
  }

  @Test("the writer reads from memory what it would read from the file, whatever was rolled back or deleted meanwhile")
  func unread() throws {
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    func check(_ seqs: [Int64], _ place: SourceLocation = #_sourceLocation) throws {
      for seq in 0...log.lastSeq {
        let (known, stored) = try (log.unread(after: seq, limit: 3, db), log.read(db, after: seq, limit: 3))
        #expect(known.map { "\($0)" } == stored.map { "\($0)" }, sourceLocation: place)
      }
      #expect(try log.unread(after: 0, limit: 100, db).map(\.seq) == seqs, sourceLocation: place)
    }
    let keys = ContactKeys(id: "1", email: "a@b.example", phone: "+79161234567", anonymousID: "c")
    let early = IncomingEvent(
      id: "e-1", type: "cart", keys: keys, at: Timestamp(milliseconds: 5), properties: Array(#"{"a": "я"}"#.utf8))
    let ahead = IncomingEvent.visit(nil, at: TestLog.now + 60_000)
    _ = try log.commit([early, ahead, .visit("b")], db)
    try db.transaction {
      _ = try log.append(own: [IncomingEvent(type: "message.sent", contact: 7, message: 8)], now: TestLog.now, db)
    }
    try check([1, 2, 3, 4])
    try db.transaction {
      _ = try log.append([.visit("c")], now: TestLog.now, db)
      #expect(throws: Crash.self) {
        try db.savepoint {
          _ = try log.append([.visit("d")], now: TestLog.now, db)
          throw Crash()
        }
      }
      _ = try log.append([.visit("e", type: "cart")], now: TestLog.now, db)
      try check([1, 2, 3, 4, 5, 6])
    }
    try check([1, 2, 3, 4, 5, 6])
    try db.run("DELETE FROM events WHERE seq = 5")
    try check([1, 2, 3, 4, 6])
  }

  @Test("a writer that falls behind reads what is no longer in memory from the file")
  func farBehind() throws {
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    _ = try log.commit((0..<5_000).map { _ in .visit(nil) }, db)
    var seq: Int64 = 0
    while true {
      let page = try log.unread(after: seq, limit: 256, db)
      guard let last = page.last else { break }
      #expect(page.map(\.seq) == Array(seq + 1...last.seq))
      seq = last.seq
    }
    #expect(seq == 5_000)
  }

  @Test("figures count what was kept of a transaction, once, whatever failed in it")
  func figuresOfParts() throws {
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    try db.transaction {
      _ = try log.append([.visit("a")], now: TestLog.now, db)
      #expect(throws: Crash.self) {
        try db.savepoint {
          _ = try log.append([.visit("b"), .visit("c", type: "cart")], now: TestLog.now, db)
          throw Crash()
        }
      }
      try db.savepoint { _ = try log.append([.visit("d", type: "cart")], now: TestLog.now, db) }
      _ = try log.append([.visit("e")], now: TestLog.now, db)
    }
    #expect(throws: Crash.self) {
      try db.transaction {
        _ = try log.append([.visit("f")], now: TestLog.now, db)
        throw Crash()
      }
    }
    _ = try log.commit([.visit("f")], db)
    #expect(log.lastSeq == 4)
    #expect(log.acceptedByType == ["visit": 3, "cart": 1])
    #expect(try EventLog(db, now: TestLog.now).acceptedByType == ["visit": 3, "cart": 1])
  }

  @Test("after the connection was opened anew the log goes on, and knows what reached the disk")
  func reopen() throws {
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    _ = try log.commit([.visit("a")], db)
    let other = try folder.connection()
    _ = try EventLog(other, now: TestLog.now).commit([.visit("ghost", type: "ghost")], other)
    try db.reopen()
    #expect(try log.unread(after: 1, limit: 10, db).map(\.id) == ["ghost"])
    #expect(
      try log.commit([.visit("ghost"), .visit("a"), .visit("b", type: "ghost")], db)
        == [.duplicate(of: 2), .duplicate(of: 1), .stored(seq: 3)])
  }

  @Test("acceptance never goes back, though the clock does, and nothing happens after it was accepted")
  func clock() throws {
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    _ = try log.commit([.visit(nil)], now: TestLog.now, db)
    _ = try log.commit([.visit(nil, at: TestLog.now + 60_000)], now: TestLog.now - 3_600_000, db)
    let stored = try log.read(db, after: 0, limit: 2)
    #expect(stored.map(\.acceptedAt.milliseconds) == [TestLog.now, TestLog.now])
    #expect(stored[1].at == stored[1].acceptedAt)
  }

  @Test("one type more than the limit is refused alone; the server's own are not counted in")
  func typeLimit() throws {
    var limits = IngestLimits()
    limits.types = 2
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now, limits: limits)
    let outcomes = try log.commit(["a", "b", "c", "a"].map { .visit(nil, type: $0) }, db)
    #expect(outcomes == [.stored(seq: 1), .stored(seq: 2), .tooManyTypes, .stored(seq: 3)])
    let own = IncomingEvent(type: "message.sent", contact: 7, message: 9)
    #expect(try db.transaction { try log.append(own: [own, own], now: TestLog.now, db) } == [4, 5])
    let stored = try log.event(5, db)
    #expect(stored?.contact == 7)
    #expect(stored?.message == 9)
    #expect(try folder.count("event_types") == 3)
  }

  @Test("figures by type survive a restart")
  func figures() throws {
    do {
      let db = try folder.connection()
      let log = try EventLog(db, now: TestLog.now)
      _ = try log.commit([.visit("a"), .visit("a"), .visit(nil, type: "cart"), .visit("b")], db)
      #expect(log.acceptedByType == ["visit": 2, "cart": 1])
    }
    let db = try folder.connection()
    #expect(try EventLog(db, now: TestLog.now).acceptedByType == ["visit": 2, "cart": 1])
  }

  @Test("texts of all kinds are stored byte by byte", arguments: ["'; DROP TABLE events; --", "%_*", "🐦", "\u{202E}x"])
  func texts(text: String) throws {
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    let properties = Array(#"{"t":"\#(text)"}"#.utf8)
    let event = IncomingEvent(type: "visit", keys: ContactKeys(anonymousID: text), properties: properties)
    _ = try log.commit([event], db)
    let stored = try log.event(1, db)
    #expect(stored?.keys.anonymousID == text)
    #expect(stored?.properties == properties)
  }
}
