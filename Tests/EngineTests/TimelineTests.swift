import Domain
import Foundation
import Migrations
import SQL
import Testing

@testable import Engine
@testable import Ingest

@Suite final class TimelineTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "timeline-\(UUID().uuidString)")
  private let db: Connection
  private var settings = Timeline.Settings()
  private struct Crash: Error {}

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    db = try Connection(path: folder.appending(path: "zveno.sqlite").path, mode: .writer, durability: .off)
    try Migrator(Migrations.all).migrate(db)
    (settings.rowsToMerge, settings.rowsPerSlice) = (100, 10)
  }

  deinit {
    db.close()
    try? FileManager.default.removeItem(at: folder)
  }

  private func open() throws -> Timeline { try Timeline(db, settings: settings) }

  /// Event `seq` is of contact `seq % 17 + 1` and of type `seq % 2 + 1`, and happened a second after the one before.
  private func append(_ seqs: ClosedRange<Int64>, _ timeline: Timeline) throws {
    for seq in seqs {
      try timeline.append(
        StoredEvent(
          seq: seq, acceptedAt: time(seq), at: time(seq), type: "", typeNumber: seq % 2 + 1, id: nil,
          keys: ContactKeys(), contact: nil, message: nil, properties: []), of: seq % 17 + 1)
    }
  }

  private func time(_ seq: Int64) -> Timestamp { Timestamp(milliseconds: seq * 1000) }

  private func write(_ seqs: ClosedRange<Int64>, _ timeline: Timeline) throws {
    try db.transaction {
      try timeline.begin(db)
      try append(seqs, timeline)
    }
  }

  private func mergeOnce(_ timeline: Timeline) throws -> Bool {
    try db.transaction {
      try timeline.begin(db)
      return try timeline.mergeSlice(db)
    }
  }

  private func fresh(_ contact: Int64, _ timeline: Timeline) -> [Int64] {
    timeline.fresh(of: contact, since: time(0), until: time(.max / 1000)).map(\.seq)
  }

  private func merged() throws -> [Int64] { try db.query("SELECT seq FROM timeline ORDER BY seq", []) { $0.int(0) } }

  private func unmerged() throws -> [Int64] {
    try db.query("SELECT seq FROM fresh_timeline ORDER BY seq", []) { $0.int(0) }
  }

  /// Every event up to `last` is in exactly the timeline of its contact, in memory or in the clustered table.
  private func expectComplete(_ last: Int64, _ timeline: Timeline) throws {
    for contact in Int64(1)...17 {
      let rows = try db.query("SELECT seq FROM timeline WHERE contact = $1", [.int(contact)]) { $0.int(0) }
      let seqs = Set(rows).union(fresh(contact, timeline)).sorted()
      #expect(seqs == (1...last).filter { $0 % 17 + 1 == contact })
    }
  }

  @Test("fresh events are found by contact, type and time, the newest first, also after a restart")
  func finding() throws {
    try write(1...60, try open())
    for timeline in [try open(), try open()] {
      #expect(fresh(4, timeline) == [54, 37, 20, 3])
      #expect(timeline.fresh(of: 4, type: 1, since: time(0), until: time(60)).map(\.seq) == [54, 20])
      #expect(timeline.fresh(of: 4, since: time(4), until: time(37)).map(\.seq) == [37, 20])
      #expect(fresh(18, timeline).isEmpty)
      #expect(timeline.fresh(of: 4, since: time(3), until: time(3)) == [Timeline.Entry(type: 2, at: time(3), seq: 3)])
    }
  }

  @Test("once there are enough they move into the clustered table, slice by slice, and none is missing on the way")
  func merging() throws {
    let timeline = try open()
    try write(1...99, timeline)
    #expect(try !mergeOnce(timeline))
    try write(100...130, timeline)
    var slices = 0
    var last: Int64 = 130
    while try mergeOnce(timeline) {
      slices += 1
      try expectComplete(last, timeline)
      // Events go on meanwhile.
      last += 1
      try write(last...last, timeline)
    }
    #expect(slices > 10)
    #expect(try merged() == Array(1...130))
    #expect(try unmerged() == Array(131...last))
    #expect(timeline.freshCount == Int(last) - 130)
    try expectComplete(last, timeline)
    try expectComplete(last, try open())
  }

  @Test("a merge that a crash breaks off anywhere is begun anew, and loses and doubles nothing")
  func crashes() throws {
    try write(1...250, try open())
    var starts = 0
    while try unmerged().count > 0 {
      let timeline = try open()
      starts += 1
      for _ in 0..<starts where try !mergeOnce(timeline) { break }
      try expectComplete(250, timeline)
    }
    #expect(starts > 10)
    #expect(try merged() == Array(1...250))
  }

  @Test("a lost transaction leaves neither rows nor slices in memory")
  func rollback() throws {
    let timeline = try open()
    try write(1...120, timeline)
    for _ in 0..<3 {
      #expect(throws: Crash.self) {
        try db.transaction {
          try timeline.begin(db)
          try append(121...200, timeline)
          _ = try timeline.mergeSlice(db)
          throw Crash()
        }
      }
      try expectComplete(120, timeline)
    }
    try write(121...125, timeline)
    while try mergeOnce(timeline) {}
    #expect(try merged() == Array(1...120))
    try expectComplete(125, timeline)
  }

  @Test("after the connection was opened anew it knows what reached the disk")
  func reopen() throws {
    let timeline = try open()
    try write(1...20, timeline)
    let other = try Connection(path: db.path, mode: .writer, durability: .off)
    try other.execute("INSERT INTO fresh_timeline (seq, contact, type, at) VALUES (21, 5, 2, 21000)")
    other.close()
    try db.reopen()
    try write(22...30, timeline)
    try expectComplete(30, timeline)
  }

  @Test("a robot's rows are looked at up to a limit, and merged in slices no larger than others'")
  func robot() throws {
    (settings.rowsToMerge, settings.rowsPerSlice) = (25_000, 1_000)
    let timeline = try open()
    try db.transaction {
      try timeline.begin(db)
      for seq in Int64(1)...25_000 {
        try timeline.append(
          StoredEvent(
            seq: seq, acceptedAt: time(seq), at: time(seq), type: "", typeNumber: 1, id: nil, keys: ContactKeys(),
            contact: nil, message: nil, properties: []), of: 7)
      }
    }
    let found = fresh(7, timeline)
    #expect(found == Array((5_001...25_000).reversed()))
    var before = 0
    while try mergeOnce(timeline) {
      let count = try db.first("SELECT count(*) FROM timeline", []) { Int($0.int(0)) } ?? 0
      #expect(count - before <= 1_000)
      before = count
    }
    #expect(before == 25_000)
  }

  @Test("contacts far apart and a single one merge as well as many side by side")
  func skewed() throws {
    let timeline = try open()
    let contacts: [Int64] = [1, .max / 2, 7, 7, 3]
    try db.transaction {
      try timeline.begin(db)
      for seq in Int64(1)...100 {
        try timeline.append(
          StoredEvent(
            seq: seq, acceptedAt: time(seq), at: time(100 - seq), type: "", typeNumber: 1, id: nil,
            keys: ContactKeys(), contact: nil, message: nil, properties: []), of: contacts[Int(seq) % 5])
      }
    }
    while try mergeOnce(timeline) {}
    #expect(try merged() == Array(1...100))
    #expect(
      try db.query("SELECT seq FROM timeline WHERE contact = 1 ORDER BY at LIMIT 2", []) { $0.int(0) } == [100, 95])
  }
}
