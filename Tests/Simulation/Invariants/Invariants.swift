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
  private let capChecks: CapChecks
  private let erasureChecks: ErasureChecks
  private var waits: WaitWatch
  let oracle: Oracle
  /// What `zveno verify` asks of a folder at rest must hold at every start.
  private let audits: [Audit]
  /// Something was written since the last rest.
  private var isChanged = true
  private var lastDay: Int64 = 0
  /// After rounds that are lost, at starts, and at rest.
  private var (losses, starts, rests) = (Pace(), Pace(), Pace())

  init(path: String, vfs: String, rules: Rules, _ weather: Weather, _ erased: Erased) throws {
    let window = weather.limits.windowMilliseconds
    db = try Connection(path: path, mode: .reader, settings: .init(vfs: vfs, busyMilliseconds: 0))
    let documents = Documents(db)
    logChecks = LogChecks(db, window: window, retention: rules.retention, erased)
    bookChecks = BookChecks(db)
    books = BookWatch(db)
    runChecks = RunChecks(db, documents)
    handOverChecks = HandOverChecks(db, documents, rules, erased)
    erasureChecks = ErasureChecks(db, erased)
    capChecks = CapChecks(db, rules.caps, setsClock: weather.setsClock)
    waits = WaitWatch(db, documents, rules)
    oracle = Oracle(db, rules, erased)
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
    let isWhole = lost && losses.isDue(world)
    let (runs, messages) = takeChanged(world)
    try db.savepoint {
      for handOver in handOvers {
        try handOverChecks.check(handOver, world, life)
        if handOver.claim.purpose == .marketing { try capChecks.check(handOver, world.provider) }
      }
      try capChecks.checkHeld(messages, world)
      try logChecks.check(wall: world.clock.wall)
      try books.check(changed: isWhole ? nil : messages)
      if life.hasCommitted {
        if lost { try bookChecks.checkMemory(life.counters) }
        if !messages.isEmpty || lost { try handOverChecks.checkAtHand(life) }
      }
      try waits.check(wall: world.clock.wall, changed: isWhole ? nil : runs)
      try oracle.note(world, runs: runs, messages: messages, moves: books.moves)
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
        try runChecks.checkNewcomers()
        try erasureChecks.check(world.disk)
        try logChecks.checkFreshPromises(&world.shop)
        try oracle.check(world, life)
      }
      if day > lastDay || (isChanged && rests.isDue(world)) {
        try runChecks.checkStuck()
        try runChecks.checkTriggers()
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
    let isWhole = starts.isDue(world)
    let (runs, messages) = takeChanged(world)
    try db.savepoint {
      try logChecks.check(wall: world.clock.wall)
      try waits.check(wall: world.clock.wall, changed: isWhole ? nil : runs)
      try books.check(changed: isWhole ? nil : messages)
      try handOverChecks.checkIntents(world.provider, lastLife: world.lives - 1, wall: world.clock.wall)
      try oracle.note(world, runs: runs, messages: messages, moves: books.moves)
      guard isWhole else { return }
      try logChecks.checkWholeTimeline()
      try logChecks.checkBatches(world.shop)
      try checkAudits()
      try checkEverything(world)
    }
  }

  private func takeChanged(_ world: World) -> (runs: Set<Int64>, messages: Set<Int64>) {
    defer { world.disk.rows.forget() }
    return (world.disk.rows.runs, world.disk.rows.messages)
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
    try erasureChecks.checkAll(world.disk)
    try oracle.checkEnd()
    world.tally.verdicts = oracle.verdicts
    try checkAudits()
    try logChecks.checkSentOnce(world.shop)
    try logChecks.checkBatches(world.shop)
    if world.weather.deletes { try logChecks.checkDeleted() }
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

/// When everything is gone through again: in a small world each time.
private struct Pace {
  private var nextRound = 0

  mutating func isDue(_ world: World) -> Bool {
    guard world.tally.rounds >= nextRound else { return false }
    nextRound = world.tally.rounds + world.roundsBetweenLooks
    return true
  }
}
