import SQL
import Testing
import Threads

@Suite struct WriterTests {
  private let folder = TestFolder()

  private func writer(
    duties: [any Duty] = [], maxQueued: Int = 20_000, busyMilliseconds: Int32 = 0, report: Notes<String> = Notes(),
    monotonic: @escaping @Sendable () -> Int64 = Monotonic.nanoseconds
  ) throws -> Writer {
    let db = try folder.writer(busyMilliseconds: busyMilliseconds)
    try db.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT)")
    return Writer(
      connection: db, duties: duties, now: { 1_000 }, monotonic: monotonic, maxQueued: maxQueued,
      report: { report.add($0) })
  }

  private func stored() throws -> [Int64] {
    try folder.reader().query("SELECT a FROM t ORDER BY a") { $0.int(0) }
  }

  private func insert(_ writer: Writer, _ value: Int64, _ answers: Notes<String>) {
    writer.submit({ db, _ in try db.run("INSERT INTO t (a) VALUES ($1)", [.int(value)]) }) { result in
      switch result {
      case .success: answers.add("\(value) stored")
      case .failure(is StoreUnavailable): answers.add("\(value) unavailable")
      case .failure: answers.add("\(value) refused")
      }
    }
  }

  @Test("a round takes all that waits, commits once and then answers")
  func oneCommit() throws {
    let writer = try writer()
    let answers = Notes<String>()
    for value in 1...3 { insert(writer, Int64(value), answers) }
    #expect(answers.all.isEmpty)
    let round = try writer.round()
    #expect(round.jobs == 3)
    #expect(!round.more)
    #expect(round.idleUntil == nil)
    #expect(answers.all == ["1 stored", "2 stored", "3 stored"])
    #expect(try stored() == [1, 2, 3])
    #expect(writer.metrics.commits == 1)
  }

  @Test("a job that throws is undone alone and told so after the commit")
  func jobThrows() throws {
    let writer = try writer()
    let answers = Notes<String>()
    insert(writer, 1, answers)
    writer.submit({ db, _ in
      try db.run("INSERT INTO t (a) VALUES (50)")
      throw Refused()
    }) { if case .failure(let error) = $0 { answers.add("\(error)") } }
    insert(writer, 1, answers)
    insert(writer, 2, answers)
    _ = try writer.round()
    #expect(answers.all == ["1 stored", "Refused()", "1 refused", "2 stored"])
    #expect(try stored() == [1, 2])
  }

  @Test("the intake lane goes first, and a job that throws in it takes nothing along")
  func lane() throws {
    let writer = try writer()
    let answers = Notes<String>()
    insert(writer, 1, answers)
    writer.submitFirst({ db, _ in
      try db.run("INSERT INTO t (a) VALUES (50)")
      throw Refused()
    }) { if case .failure(let error) = $0 { answers.add("first: \(error)") } }
    writer.submitFirst({ db, _ in try db.run("INSERT INTO t (a) VALUES (60)") }) { _ in answers.add("second") }
    _ = try writer.round()
    #expect(answers.all == ["first: Refused()", "second", "1 stored"])
    #expect(try stored() == [1, 60])
  }

  @Test("a duty that throws loses its own work; the jobs of the round are committed; it is tried again later")
  func dutyThrows() throws {
    let duty = TestDuty { db, _ in
      try db.run("INSERT INTO t (a) VALUES (99)")
      throw Refused()
    }
    let calm = TestDuty { _, _ in .idle(until: 5_000) }
    let report = Notes<String>()
    let passed = Notes<Void>()
    let writer = try writer(duties: [duty, calm], report: report, monotonic: { Int64(passed.all.count) << 40 })
    let answers = Notes<String>()
    insert(writer, 1, answers)
    let round = try writer.round()
    #expect(answers.all == ["1 stored"])
    #expect(try stored() == [1])
    #expect(duty.log == ["work", "rolledBack"])
    #expect(calm.log == ["rolledBack", "work", "committed"])
    #expect(round.idleUntil == 5_000)
    #expect(round.retryInMilliseconds.map { (1...1_000).contains($0) } == true)
    #expect(report.all.count == 1)
    _ = try writer.round()
    #expect(duty.log == ["work", "rolledBack"], "it is left out until its pause is over")
    #expect(writer.isHealthy)
    passed.add(())
    _ = try writer.round()
    #expect(duty.log == ["work", "rolledBack", "work", "rolledBack"])
  }

  @Test("a duty's work is committed with the jobs' and it is told")
  func duty() throws {
    let duty = TestDuty { db, now in
      try db.run("INSERT INTO t (a) VALUES ($1)", [.int(now)])
      return .more
    }
    let writer = try writer(duties: [duty])
    #expect(try writer.round().more)
    #expect(try stored() == [1_000])
    #expect(duty.log == ["work", "committed"])
  }

  @Test("while another program holds the lock writes are refused; afterwards they succeed again")
  func foreignLock() throws {
    let duty = TestDuty { _, _ in .idle(until: nil) }
    let writer = try writer(duties: [duty])
    let foreign = try Connection(path: folder.database, mode: .writer)
    try foreign.execute("BEGIN EXCLUSIVE")
    let answers = Notes<String>()
    insert(writer, 1, answers)
    #expect(throws: SQLError.self) { try writer.round() }
    #expect(answers.all == ["1 unavailable"])
    #expect(!writer.isHealthy)
    #expect(duty.log == ["rolledBack"])
    foreign.rollback()
    insert(writer, 2, answers)
    _ = try writer.round()
    #expect(answers.all == ["1 unavailable", "2 stored"])
    #expect(writer.isHealthy)
    #expect(try stored() == [2])
    #expect(writer.metrics.failedCommits == 1)
  }

  @Test("a full disk refuses the whole round, keeps what was acknowledged and heals by itself")
  func fullDisk() throws {
    let writer = try writer()
    let answers = Notes<String>()
    insert(writer, 1, answers)
    _ = try writer.round()
    // The limit belongs to the connection, and the writer opens a new one: that is when there is room again.
    try writer.perform { db, _ in try db.execute("PRAGMA max_page_count = 1") }
    insert(writer, 2, answers)
    writer.submit({ db, _ in
      for _ in 0..<10 { try db.run("INSERT INTO t (b) VALUES ($1)", [.text(String(repeating: "x", count: 4_000))]) }
    }) { _ in answers.add("big answered") }
    insert(writer, 3, answers)
    #expect(throws: SQLError.self) { try writer.round() }
    #expect(answers.all == ["1 stored", "2 unavailable", "big answered", "3 unavailable"])
    #expect(!writer.isHealthy)
    #expect(try stored() == [1])
    insert(writer, 4, answers)
    _ = try writer.round()
    #expect(writer.isHealthy)
    #expect(try stored() == [1, 4])
  }

  @Test("a crash between two rounds loses nothing that was acknowledged")
  func crash() throws {
    let answers = Notes<String>()
    do {
      let writer = try writer()
      insert(writer, 1, answers)
      _ = try writer.round()
      insert(writer, 2, answers)
    }
    #expect(answers.all == ["1 stored"])
    #expect(try stored() == [1])
  }

  @Test("a full queue refuses at once")
  func fullQueue() throws {
    let writer = try writer(maxQueued: 1)
    let answers = Notes<String>()
    insert(writer, 1, answers)
    insert(writer, 2, answers)
    #expect(answers.all == ["2 unavailable"])
    #expect(writer.metrics.refusedJobs == 1)
  }

  @Test("its thread answers many callers, and stop finishes what is queued")
  func thread() throws {
    let writer = try writer()
    writer.start()
    let sum = try writer.perform { db, now in
      try db.run("INSERT INTO t (a) VALUES (1)")
      return try (db.first("SELECT sum(a) FROM t") { $0.int(0) } ?? 0) + now
    }
    #expect(sum == 1_001)
    let answers = Notes<String>()
    for value in 2...500 { insert(writer, Int64(value), answers) }
    writer.stop()
    #expect(answers.all.count == 499)
    #expect(try stored().count == 500)
    insert(writer, 1_000, answers)
    #expect(answers.all.last == "1000 unavailable")
  }

  @Test("its thread comes back from a foreign lock by itself")
  func threadRecovers() throws {
    let writer = try writer()
    writer.start()
    let foreign = try Connection(path: folder.database, mode: .writer)
    try foreign.execute("BEGIN EXCLUSIVE")
    #expect(throws: StoreUnavailable.self) {
      try writer.perform { db, _ in try db.run("INSERT INTO t (a) VALUES (1)") }
    }
    foreign.rollback()
    foreign.close()
    try writer.perform { db, _ in try db.run("INSERT INTO t (a) VALUES (2)") }
    #expect(writer.isHealthy)
    writer.stop()
    #expect(try stored() == [2])
  }

  @Test("what may wait a little is done by itself, with nobody else to wake the thread", .timeLimit(.minutes(1)))
  func soon() throws {
    let rounds = Monitor(0)
    let duty = TestDuty { _, _ in
      rounds.update { $0 += 1 }
      return rounds.withLock { $0 } == 1 ? .soon : .idle(until: nil)
    }
    let writer = Writer(connection: try folder.writer(), duties: [duty], now: { 1_000 })
    writer.start()
    let _: Int = rounds.wait { $0 >= 2 ? $0 : nil }
    writer.wakeSoon()
    writer.wakeSoon()
    let _: Int = rounds.wait { $0 >= 3 ? $0 : nil }
    writer.stop()
  }

  @Test("a round says whether what is left may wait for more")
  func mayWait() throws {
    let progress = Notes<DutyProgress>()
    let duty = TestDuty { _, _ in progress.all.last ?? .idle(until: nil) }
    let other = TestDuty { _, _ in progress.all.count > 1 ? .more : .idle(until: 5_000) }
    let writer = try writer(duties: [duty, other])
    progress.add(.soon)
    let alone = try writer.round()
    #expect(alone.more && alone.mayWait)
    progress.add(.soon)
    let pressed = try writer.round()
    #expect(pressed.more && !pressed.mayWait)
  }

  @Test("a duty sleeps until its time or until it is woken")
  func wake() throws {
    let times = Notes<Int64>()
    let woken = Notes<Void>()
    let duty = TestDuty { _, now in
      times.add(now)
      return .idle(until: now < 2_000 ? 2_000 : nil)
    }
    let db = try folder.writer()
    let writer = Writer(connection: db, duties: [duty], now: { 1_000 + Int64(woken.all.count) * 1_000 })
    writer.start()
    try writer.perform { _, _ in }
    woken.add(())
    writer.wake()
    try writer.perform { _, _ in }
    writer.stop()
    #expect(times.all.first == 1_000)
    #expect(times.all.contains(2_000))
    #expect(times.all.count < 10)
  }

  @Test("the log is copied back by the writer alone and starts over")
  func checkpoint() throws {
    let writer = try writer(monotonic: { 0 })
    try fill(writer)
    #expect(writer.metrics.checkpoints == 6)
    #expect(writer.metrics.logPages < Connection.Settings().pagesBetweenCheckpoints)
  }

  @Test("a checkpoint that took long is followed by smaller ones")
  func smallerCheckpoints() throws {
    let looks = Notes<Void>()
    let writer = try writer(monotonic: {
      looks.add(())
      return Int64(looks.all.count) * 20_000_000
    })
    try fill(writer)
    #expect(writer.metrics.checkpoints > 15)
  }

  /// Twenty-five commits of a thousand pages.
  private func fill(_ writer: Writer) throws {
    let text = String(repeating: "x", count: 3_000)
    for _ in 0..<25 {
      try writer.perform { db, _ in
        for _ in 0..<1_000 { try db.run("INSERT INTO t (b) VALUES ($1)", [.text(text)]) }
      }
    }
  }
}

/// A duty that does what the test says and writes down its calls.
final class TestDuty: Duty {
  private let body: (Connection, Int64) throws -> DutyProgress
  private(set) var log: [String] = []

  init(_ body: @escaping (Connection, Int64) throws -> DutyProgress) { self.body = body }

  func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    log.append("work")
    return try body(db, now)
  }

  func committed() { log.append("committed") }
  func rolledBack() { log.append("rolledBack") }
}
