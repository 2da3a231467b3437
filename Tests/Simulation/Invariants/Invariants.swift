import Delivery
import Domain
import Engine
import Ingest
import SQL

/// What must hold after every step of a world, asked of the file over a connection of its own and compared with what
/// the clients and providers remember. After a step what it has changed is looked at; at day ends, after every start
/// and at the end, everything.
final class Invariants {
  private let db: Connection
  private let logChecks: LogChecks
  private let bookChecks: BookChecks
  private let books: BookWatch
  private let runChecks: RunChecks
  private let handOverChecks: HandOverChecks
  private var waits: WaitWatch
  /// What `zveno verify` asks of a folder at rest must hold at every start.
  private let audits: [Audit]
  /// Something was written since the last rest.
  private var isChanged = true
  private var lastDay: Int64 = 0
  /// The round from which on all runs are gone through again: in a large world not after each.
  private var nextScan = 0

  init(path: String, vfs: String, rules: Rules, window: Int64) throws {
    db = try Connection(path: path, mode: .reader, settings: .init(vfs: vfs, busyMilliseconds: 0))
    let documents = Documents(db)
    logChecks = LogChecks(db, window: window)
    bookChecks = BookChecks(db)
    books = BookWatch(db)
    runChecks = RunChecks(db, documents)
    handOverChecks = HandOverChecks(db, documents, rules)
    waits = WaitWatch(db, documents, rules)
    var limits = IngestLimits()
    limits.windowMilliseconds = window
    audits =
      [LogAudit.audit] + IDAudit(limits).audits + TimelineAudit().audits + RunAudit.audits + RfmAudit.audits
      + LedgerAudit.audits
  }

  /// In the same process as the server that has just started.
  func reopen() throws { try db.reopen() }

  func close() { db.close() }

  /// After each round, kept or lost.
  /// - Parameters:
  ///   - handOvers: those of the round.
  ///   - lost: the store has failed in it.
  func check(
    _ world: World, _ life: Life, handOvers: ArraySlice<Provider.HandOver>, wrote: Bool, lost: Bool
  ) throws {
    guard wrote || lost || !handOvers.isEmpty else { return }
    isChanged = true
    let (runs, messages) = (world.disk.rows.runs, world.disk.rows.messages)
    world.disk.rows.forget()
    try db.savepoint {
      for handOver in handOvers { try handOverChecks.check(handOver, world, life) }
      try logChecks.check()
      try books.check(changed: lost ? nil : messages)
      if life.hasCommitted {
        if lost { try bookChecks.checkMemory(life.counters) }
        if !messages.isEmpty || lost { try handOverChecks.checkAtHand(life) }
      }
      try waits.check(wall: world.clock.wall, changed: lost ? nil : runs)
    }
  }

  /// When the server says that it has nothing to do now.
  func checkRest(_ world: World, _ life: Life) throws {
    guard life.hold.fact == nil else { return try logChecks.checkFreshPromises(&world.shop) }
    guard life.engine.isAtEnd else { throw Violation("an instant ends", "the server rests before the log's end") }
    let day = world.clock.time / 86_400_000
    defer { (lastDay, isChanged) = (day, false) }
    try db.savepoint {
      try runChecks.checkNothingDue(wall: world.clock.wall)
      if !world.weather.hasPaces { try handOverChecks.checkNothingDue(life, wall: world.clock.wall) }
      if isChanged {
        try books.checkRest()
        try runChecks.checkSteps()
        try logChecks.checkFreshPromises(&world.shop)
      }
      if day > lastDay || (isChanged && world.tally.rounds >= nextScan) {
        nextScan = world.tally.rounds + world.mostRounds / 1000
        try runChecks.checkStuck()
        try runChecks.checkEnded()
        try runChecks.checkNoneOversleeps()
      }
      if day > lastDay {
        try bookChecks.checkBooks()
        try checkEverything(world)
      }
    }
  }

  /// The server has just started.
  func checkAll(_ world: World) throws {
    isChanged = true
    world.disk.rows.forget()
    try db.savepoint {
      try logChecks.check()
      try waits.check(wall: world.clock.wall, changed: nil)
      try books.check(changed: nil)
      try logChecks.checkWholeTimeline()
      try logChecks.checkBatches(world.shop)
      try handOverChecks.checkIntents(world.provider, lastLife: world.lives - 1)
      try checkAudits()
      try checkEverything(world)
    }
  }

  private func checkAudits() throws {
    for audit in audits {
      let notes = AuditNotes()
      try audit.run(db, notes)
      if let finding = notes.findings.first { throw Violation(audit.claim, finding) }
    }
  }

  private func checkEverything(_ world: World) throws {
    try bookChecks.checkPlanned()
    if let life = world.life, life.hasCommitted { try bookChecks.checkMemory(life.counters) }
    try logChecks.checkPromises(world.shop)
    try handOverChecks.checkDenials(world.shop)
  }

  /// When nothing is left to happen in the world.
  func checkEnd(_ world: World) throws {
    try checkEverything(world)
    try bookChecks.checkBooks()
    try logChecks.checkWholeTimeline()
    try runChecks.checkReentry()
    try runChecks.checkAllOver()
    try checkAudits()
    try logChecks.checkSentOnce(world.shop)
    try logChecks.checkBatches(world.shop)
    try logChecks.checkStore()
  }

  /// Everything the server has decided, row by row.
  func dump() throws -> [String] {
    let tables = [
      ("events", "seq"), ("contacts", "id"), ("contact_keys", "kind, value"), ("consents", "contact, channel, purpose"),
      ("suppressions", "address, channel, purpose"), ("runs", "id"), ("messages", "id"),
      ("chain_counters", "chain, version, step, outcome"), ("message_counters", "channel, status"), ("tasks", "id"),
    ]
    return try tables.flatMap { table, order in
      let columns = try db.query("SELECT name FROM pragma_table_info('\(table)')") { "\"\($0.text(0))\"" }
      let row = "json_array(\(columns.joined(separator: ", ")))"
      let isCounter = columns.contains("\"count\"")
      let sql = "SELECT \(row) FROM \(table) \(isCounter ? "WHERE count <> 0" : "") ORDER BY \(order)"
      return try db.query(sql) { table + " " + $0.text(0) }
    }
  }
}
