import Domain
import JSON
import SQL

/// Runs as rows. Only the engine writes them.
struct RunStore {
  private static let columns = """
    id, chain, version, contact, key, state, step, entered_at, entry_at, entry_seq, trigger_seq, step_at, step_seq, \
    step_due_at, due_at, data, marks, goal_until, ended_at, reason, held_out, actor, entered_by, variants
    """

  private static let one = Query("SELECT \(columns) FROM runs WHERE id = $1")
  private static let activeOfContact = Query("SELECT \(columns) FROM runs WHERE contact = $1 AND state = 'active'")
  private static let dueBefore = Query(
    "SELECT \(columns) FROM runs WHERE due_at IS NOT NULL AND due_at < $1 ORDER BY due_at, id LIMIT $2")
  private static let withGoal = Query(
    "SELECT \(columns) FROM runs WHERE contact = $1 AND goal_until IS NOT NULL ORDER BY id")

  func run(_ id: Int64, _ db: Connection) throws -> Run? {
    try db.first(Self.one, { $0.bind(1, id) }, read: Self.read)
  }

  /// The contact's active runs, by id.
  func active(of contact: Int64, _ db: Connection) throws -> [Run] {
    // Sorted here: most contacts have one or two, and the index has them by chain.
    try db.query(Self.activeOfContact, { $0.bind(1, contact) }, read: Self.read).sorted { $0.id < $1.id }
  }

  func active(ofChain chain: Int64, limit: Int, _ db: Connection) throws -> [Run] {
    let sql = "SELECT \(Self.columns) FROM runs WHERE chain = $1 AND state = 'active' ORDER BY id LIMIT $2"
    return try db.query(sql, [.int(chain), .int(limit)], Self.read)
  }

  /// The chain's active runs from after one through another, by id.
  func active(
    ofChain chain: Int64, after first: Int64, through last: Int64, limit: Int, _ db: Connection
  ) throws -> [Run] {
    let sql = """
      SELECT \(Self.columns) FROM runs WHERE chain = $1 AND state = 'active' AND id > $2 AND id <= $3
      ORDER BY id LIMIT $4
      """
    return try db.query(sql, [.int(chain), .int(first), .int(last), .int(limit)], Self.read)
  }

  /// Runs due before `moment`, in the order in which they act.
  func due(before moment: Timestamp, limit: Int, _ db: Connection) throws -> [Run] {
    let bind = { (statement: Statement) in
      statement.bind(1, moment.milliseconds)
      statement.bind(2, limit)
    }
    return try db.query(Self.dueBefore, bind, read: Self.read)
  }

  func nextDue(_ db: Connection) throws -> Timestamp? {
    try db.first("SELECT due_at FROM runs WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1", []) {
      Timestamp(milliseconds: $0.int(0))
    }
  }

  /// Runs of the contact whose goal is still looked for.
  func awaitingGoal(of contact: Int64, _ db: Connection) throws -> [Run] {
    try db.query(Self.withGoal, { $0.bind(1, contact) }, read: Self.read)
  }

  /// The runs that are inside with this key; more than one only where `always` lets them.
  func inside(chain: Int64, contact: Int64, key: String, _ db: Connection) throws -> [Int64] {
    let sql = "SELECT id FROM runs WHERE contact = $1 AND chain = $2 AND key = $3 AND state = 'active' ORDER BY id"
    return try db.query(sql, [.int(contact), .int(chain), .text(key)]) { $0.int(0) }
  }

  /// A contact's runs in a chain, the newest first.
  func runs(of contact: Int64, chain: Int64, before id: Int64, limit: Int, _ db: Connection) throws -> [Run] {
    let sql = """
      SELECT \(Self.columns) FROM runs WHERE contact = $1 AND chain = $2 AND id < $3 ORDER BY id DESC LIMIT $4
      """
    return try db.query(sql, [.int(contact), .int(chain), .int(id), .int(limit)], Self.read)
  }

  /// A run as an event found it.
  struct Earlier {
    let id: Int64
    let enteredAt: Timestamp
    let isInside: Bool
  }

  /// The newest runs of a key that had begun before an event of the log, which was accepted at `moment`.
  func earlier(
    chain: Int64, contact: Int64, key: String, before seq: Int64, at moment: Timestamp, _ db: Connection
  ) throws -> [Earlier] {
    let sql = """
      SELECT id, entered_at, ended_at IS NULL OR ended_at > $5 FROM runs
      WHERE contact = $1 AND chain = $2 AND key = $3 AND entry_seq < $4 ORDER BY id DESC LIMIT 100
      """
    let parameters: [SQLValue] = [
      .int(contact), .int(chain), .text(key), .int(seq), .int(moment.milliseconds),
    ]
    return try db.query(sql, parameters) {
      Earlier(id: $0.int(0), enteredAt: Timestamp(milliseconds: $0.int(1)), isInside: $0.bool(2))
    }
  }

  func lastEntry(chain: Int64, contact: Int64, key: String, _ db: Connection) throws -> Timestamp? {
    let sql = """
      SELECT entered_at FROM runs WHERE contact = $1 AND chain = $2 AND key = $3 ORDER BY id DESC LIMIT 1
      """
    return try db.first(sql, [.int(contact), .int(chain), .text(key)]) { Timestamp(milliseconds: $0.int(0)) }
  }

  private static let insertion = Query(
    """
    INSERT INTO runs (chain, version, contact, key, once, exclusive, state, step, entered_at, entry_at, entry_seq,
      trigger_seq, step_at, step_seq, step_due_at, due_at, data, marks, goal_until, ended_at, reason, held_out, actor,
      entered_by, variants)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
      $24, $25)
    ON CONFLICT DO NOTHING
    """)

  /// - Returns: the run's id; nil when another run holds its place, which the file's unique indexes say.
  func insert(_ run: Run, once: Bool, exclusive: Bool, _ db: Connection) throws -> Int64? {
    let inserted = try db.run(Self.insertion) { row in
      row.bind(1, run.chain)
      row.bind(2, run.version)
      row.bind(3, run.contact)
      row.bind(4, run.key)
      row.bind(5, once)
      row.bind(6, exclusive)
      row.bind(7, run.state.rawValue)
      row.bind(8, run.step)
      row.bind(9, run.enteredAt.milliseconds)
      row.bind(10, run.entry.at.milliseconds)
      row.bind(11, run.entry.seq)
      row.bind(12, run.triggerSeq)
      row.bind(13, run.stepStart.at.milliseconds)
      row.bind(14, run.stepStart.seq)
      row.bind(15, run.stepDueAt?.milliseconds)
      row.bind(16, run.dueAt?.milliseconds)
      row.bind(17, Self.text(run.data))
      row.bind(18, Self.text(run.marks))
      row.bind(19, run.goalUntil?.milliseconds)
      row.bind(20, run.endedAt?.milliseconds)
      row.bind(21, run.reason)
      row.bind(22, run.isHeldOut)
      row.bind(23, run.actor)
      row.bind(24, run.enteredBy)
      row.bind(25, Self.text(run.variants))
    }
    return inserted == 1 ? db.lastInsertedRow : nil
  }

  private static let moved = """
    UPDATE runs SET step = $2, step_at = $3, step_seq = $4, step_due_at = $5, due_at = $6, data = $7, marks = $8,
      parked_at = NULL
    """
  private static let move = Query("\(moved) WHERE id = $1")
  private static let change = Query(
    "\(moved), state = $9, goal_until = $10, ended_at = $11, reason = $12 WHERE id = $1")

  /// - Parameter before: what the file says of it.
  func update(_ run: Run, from before: Run, _ db: Connection) throws {
    // It seldom changes, and has an index.
    if run.triggerSeq != before.triggerSeq { try setTrigger(run, db) }
    if run.variants != before.variants {
      try db.run("UPDATE runs SET variants = $2 WHERE id = $1", [.int(run.id), .text(Self.text(run.variants))])
    }
    // A run that only goes on leaves the indexes alone that follow its state and its goal.
    let goesOn = run.state == .active && before.state == .active && run.goalUntil == before.goalUntil
    try db.run(goesOn ? Self.move : Self.change) { row in
      row.bind(1, run.id)
      row.bind(2, run.step)
      row.bind(3, run.stepStart.at.milliseconds)
      row.bind(4, run.stepStart.seq)
      row.bind(5, run.stepDueAt?.milliseconds)
      row.bind(6, run.dueAt?.milliseconds)
      row.bind(7, Self.text(run.data))
      row.bind(8, Self.text(run.marks))
      if goesOn { return }
      row.bind(9, run.state.rawValue)
      row.bind(10, run.goalUntil?.milliseconds)
      row.bind(11, run.endedAt?.milliseconds)
      row.bind(12, run.reason)
    }
  }

  private func setTrigger(_ run: Run, _ db: Connection) throws {
    try db.run(
      "UPDATE runs SET trigger_seq = $2, actor = $3 WHERE id = $1",
      [.int(run.id), .int(run.triggerSeq), .optional(run.actor)])
  }

  /// A paused chain's run found due: it waits for the chain to go on.
  func park(_ id: Int64, due: Timestamp, _ db: Connection) throws {
    try db.run("UPDATE runs SET due_at = NULL, parked_at = $2 WHERE id = $1", [.int(id), .int(due.milliseconds)])
  }

  /// A live edit has moved the run. What a pause has parked stays parked, for no moment before its step began.
  func follow(_ run: Run, _ db: Connection) throws {
    try db.run(Self.following) { row in
      row.bind(1, run.id)
      row.bind(2, run.version)
      row.bind(3, run.step)
      row.bind(4, run.stepStart.at.milliseconds)
      row.bind(5, run.stepStart.seq)
      row.bind(6, run.stepDueAt?.milliseconds)
      row.bind(7, run.dueAt?.milliseconds)
      row.bind(8, Self.text(run.marks))
      row.bind(9, run.goalUntil?.milliseconds)
      row.bind(10, run.enteredBy)
    }
  }

  private static let following = Query(
    """
    UPDATE runs SET version = $2, step = $3, step_at = $4, step_seq = $5, step_due_at = $6,
      due_at = CASE WHEN parked_at IS NULL THEN $7 END,
      parked_at = CASE WHEN parked_at < $4 THEN $4 ELSE parked_at END, marks = $8, goal_until = $9, entered_by = $10
    WHERE id = $1
    """)

  /// Pairs of two contacts' runs that cannot both be one's: of the same chain and key, each the only one in a life, or
  /// each the only one inside. The elder has the lower id.
  func rivals(
    of contact: Int64, _ other: Int64, onceInALife: Bool, _ db: Connection
  ) throws -> [(Int64, Int64)] {
    func isRival(_ run: String) -> String {
      onceInALife ? "\(run).once = 1" : "\(run).exclusive = 1 AND \(run).state = 'active'"
    }
    let sql = """
      SELECT a.id, b.id FROM runs a JOIN runs b ON b.contact = $2 AND b.chain = a.chain AND b.key = a.key
      WHERE a.contact = $1 AND \(isRival("a")) AND \(isRival("b")) ORDER BY a.id
      """
    return try db.query(sql, [.int(contact), .int(other)]) { ($0.int(0), $0.int(1)) }
  }

  /// A contact's runs become another's, and so do those that his events began for others.
  func move(of contact: Int64, to other: Int64, _ db: Connection) throws {
    try db.run("UPDATE runs SET contact = $2 WHERE contact = $1", [.int(contact), .int(other)])
    try db.run("UPDATE runs SET actor = $2 WHERE actor = $1", [.int(contact), .int(other)])
  }

  /// It cannot be ended, and is no longer in the way of others.
  func stopExcluding(_ id: Int64, _ db: Connection) throws {
    try db.run("UPDATE runs SET exclusive = 0 WHERE id = $1", [.int(id)])
  }

  /// It begins anew, or is one of two that were one person's: another run has its place in the contact's life.
  func giveUpPlace(_ id: Int64, _ db: Connection) throws {
    try db.run("UPDATE runs SET once = 0 WHERE id = $1 AND once = 1", [.int(id)])
  }

  /// Looks at an active run again at `moment`, if it is not parked.
  func lookAgain(at run: Int64, _ moment: Timestamp, _ db: Connection) throws {
    try db.run(
      "UPDATE runs SET due_at = $2 WHERE id = $1 AND state = 'active' AND parked_at IS NULL",
      [.int(run), .int(moment.milliseconds)])
  }

  func endGoal(_ id: Int64, _ db: Connection) throws {
    try db.run("UPDATE runs SET goal_until = NULL WHERE id = $1", [.int(id)])
  }

  private static func read(_ row: Row) throws -> Run {
    var run = Run(
      id: row.int(0), chain: row.int(1), version: row.int(2), contact: row.int(3), key: row.text(4),
      state: Run.State(rawValue: row.text(5)) ?? .ended, step: Int(row.int(6)), enteredAt: moment(row, 7),
      entry: LogMoment(at: moment(row, 8), seq: row.int(9)), triggerSeq: row.int(10),
      stepStart: LogMoment(at: moment(row, 11), seq: row.int(12)), stepDueAt: optionalMoment(row, 13),
      dueAt: optionalMoment(row, 14), data: try object(row, 15), marks: try marks(row, 16),
      goalUntil: optionalMoment(row, 17), endedAt: optionalMoment(row, 18), reason: row.optionalText(19))
    (run.isHeldOut, run.actor, run.enteredBy) = (row.bool(20), row.optionalInt(21), Int(row.int(22)))
    run.variants = try object(row, 23).reduce(into: [:]) { $0[$1.key] = $1.value.string }
    return run
  }

  private static func moment(_ row: Row, _ column: Int) -> Timestamp { Timestamp(milliseconds: row.int(column)) }

  private static func optionalMoment(_ row: Row, _ column: Int) -> Timestamp? {
    row.optionalInt(column).map { Timestamp(milliseconds: $0) }
  }

  private static func object(_ row: Row, _ column: Int) throws -> JSONObject {
    // Most have none: the parser is not asked.
    try row.withText(column) { $0.count <= 2 ? [:] : try JSONValue(parsing: Array($0), limits: .stored).object ?? [:] }
  }

  /// `{"3": [at, seq]}`
  private static func marks(_ row: Row, _ column: Int) throws -> [Int: LogMoment] {
    let object = try object(row, column)
    return object.isEmpty
      ? [:]
      : object.reduce(into: [:]) { marks, mark in
        guard let step = Int(mark.key), let pair = mark.value.array, pair.count == 2, let at = pair[0].number?.int,
          let seq = pair[1].number?.int
        else { return }
        marks[step] = LogMoment(at: Timestamp(milliseconds: at), seq: seq)
      }
  }

  private static func text(_ object: JSONObject) -> String { object.isEmpty ? "{}" : JSONValue.object(object).text }

  private static func text(_ variants: [String: String]) -> String {
    var object = JSONObject()
    for (step, variant) in variants.sorted(by: { $0.key < $1.key }) { object[step] = .string(variant) }
    return text(object)
  }

  private static func text(_ marks: [Int: LogMoment]) -> String {
    guard !marks.isEmpty else { return "{}" }
    var object = JSONObject()
    for (step, mark) in marks.sorted(by: { $0.key < $1.key }) {
      object[String(step)] = [.number(JSONNumber(mark.at.milliseconds)), .number(JSONNumber(mark.seq))]
    }
    return text(object)
  }
}
