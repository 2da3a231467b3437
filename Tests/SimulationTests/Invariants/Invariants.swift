import Delivery
import Domain
import Engine
import SQL

/// What must hold after every step of a world, asked of the file over a connection of its own and compared with what
/// the clients and providers remember.
final class Invariants {
  private let db: Connection
  private let documents: Documents
  private let logChecks: LogChecks
  private let bookChecks: BookChecks
  private let runChecks: RunChecks
  private let handOverChecks: HandOverChecks
  private var waits: WaitWatch

  init(_ db: Connection, rules: Rules) {
    self.db = db
    documents = Documents(db)
    logChecks = LogChecks(db)
    bookChecks = BookChecks(db)
    runChecks = RunChecks(db, documents)
    handOverChecks = HandOverChecks(db, documents, rules)
    waits = WaitWatch(db, documents, rules)
  }

  /// After each round, kept or lost; `handOvers` are those of the round.
  func check(_ world: World, _ life: Life, handOvers: ArraySlice<Provider.HandOver>) throws {
    for handOver in handOvers { try handOverChecks.check(handOver, world, life) }
    try logChecks.check()
    try bookChecks.checkPlanned()
    if life.hasCommitted {
      try bookChecks.checkMemory(life.counters)
      try handOverChecks.checkAtHand(life)
    }
    try waits.check(wall: world.clock.wall)
  }

  /// When the server says that it has nothing to do now.
  func checkRest(_ world: World, _ life: Life) throws {
    guard life.engine.isAtEnd else { throw Violation("an instant ends", "the server rests before the log's end") }
    try bookChecks.checkBooks()
    try runChecks.checkStuck()
    try runChecks.checkNothingDue(wall: world.clock.wall)
    try runChecks.checkEnded()
    try runChecks.checkSteps()
    if !world.weather.hasPaces { try handOverChecks.checkNothingDue(life, wall: world.clock.wall) }
    try logChecks.checkPromises(world.shop)
  }

  /// When nothing is left to happen in the world.
  func checkEnd(_ world: World) throws {
    try runChecks.checkReentry()
    try runChecks.checkAllOver()
    try logChecks.checkOnce(world.shop)
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
