import Delivery
import Domain
import Engine
import Ingest
import JSON
import SQL

/// One rehearsal from its beginning to its end, on one thread: what is stored of a time lives through a chain, in a
/// world of its own beside the live one.
public final class RehearsalRun {
  /// How it is run.
  public struct Conditions {
    public var setting: WorldSetting
    /// Of a file that is not there yet; who made it removes it.
    public var path: String
    /// What the file may take.
    public var bytes: Int64
    /// Asked again and again; true ends it.
    public var isOver: () -> Bool
    /// Called between slices, so that others come first.
    public var pause: () -> Void
    /// How far it has come: 0 ... 1.
    public var progress: (Double) -> Void

    public init(
      setting: WorldSetting, path: String = ":memory:", bytes: Int64 = 1 << 30,
      isOver: @escaping () -> Bool = { false },
      pause: @escaping () -> Void = {}, progress: @escaping (Double) -> Void = { _ in }
    ) {
      (self.setting, self.path, self.bytes, self.isOver) = (setting, path, bytes, isOver)
      (self.pause, self.progress) = (pause, progress)
    }
  }

  /// Share of the whole that copying identities takes.
  private static let copying = 0.15

  let wish: RehearsalWish
  let past: any Past
  let span: PastSpan
  let world: World
  let interest: Interest
  private let conditions: Conditions
  private let events: PastEvents
  private let contacts: PastOfContacts
  private let answers: RecordedAnswers
  private let facts: OtherMessages
  let changes: PastChanges
  let others: OtherRuns
  private let rivals: Rivals
  /// Facts on their way into the log, the oldest first.
  private var waiting: [(event: IncomingEvent, at: Timestamp)] = []
  /// Something was taken that has not acted yet.
  private var isUnsettled = true
  /// Nothing is due before; nil: never.
  private var quietUntil: Timestamp?

  /// - Parameter templates: documents by id, of all that the chain reaches.
  public init(_ wish: RehearsalWish, _ past: any Past, templates: [String: String], _ conditions: Conditions) throws {
    (self.wish, self.past, self.conditions) = (wish, past, conditions)
    let (span, chains) = try past.read { live in
      (
        try PastSpan.find(from: wish.from, to: wish.to, live),
        try live.query("SELECT number, id FROM chains", [], { (number: $0.int(0), id: $0.text(1)) })
      )
    }
    self.span = span
    let types = try past.read { live in
      try live.query("SELECT id, name, accepted FROM event_types ORDER BY id", []) { $0.values }
    }
    weak var weakWorld: World?
    let answers = RecordedAnswers { weakWorld?.db }
    self.answers = answers
    var setting = conditions.setting
    setting.limits = WorldLimits(events: .max, messages: .max, rounds: .max)
    world = try World(
      setting, starts: wish.from, path: conditions.path, answers: { answers.answer($0, $1) },
      isOver: Self.breathing(conditions), keepsSent: false, keepsRfm: false
    ) { db in
      // Nobody else reads it, and it is worth nothing after a crash.
      try db.execute("PRAGMA journal_mode = MEMORY")
      try db.execute("PRAGMA max_page_count = \(max(1_000, conditions.bytes / 4_096))")
      try Scratch.prepare(wish, span, types: types, chains: chains, db)
    }
    weakWorld = world
    for (id, document) in templates.sorted(by: { $0.key < $1.key }) { try world.save(template: id, document) }
    try world.publish(wish.chain, wish.document)
    let interest = try Self.interest(wish, world)
    self.interest = interest
    events = PastEvents(wish: wish, interest: interest, log: world.log)
    let numbers = types.compactMap { row -> Int64? in
      guard case .int(let id) = row[0], case .text(let name) = row[1] else { return nil }
      return interest.includes(name) ? id : nil
    }
    let reading = try ContactPast(wish, span, types: numbers, world.db)
    contacts = PastOfContacts(past: past, reading: reading, db: world.db)
    facts = try OtherMessages(past, wish, world.db)
    changes = PastChanges(past: past, wish: wish, asked: interest.asked, db: world.db)
    others = OtherRuns(past, wish, chains: interest.asked.chains, world.db)
    rivals = Rivals(past, wish, world, priority: interest.chain.priority)
    answers.rivals = rivals
  }

  /// A moment with many rounds is work, too.
  private static func breathing(_ conditions: Conditions) -> () -> Bool {
    var rounds = 0
    return {
      rounds += 1
      if rounds % 64 == 0 { conditions.pause() }
      return conditions.isOver()
    }
  }

  private static func interest(_ wish: RehearsalWish, _ world: World) throws -> Interest {
    let document = try JSONDocument(
      parsing: Array(wish.document.utf8), limits: JSONLimits(maxDepth: ChainStore.documentDepth))
    guard let chain = ChainParser.parse(document).chain else { throw WorldError("the chain cannot be read") }
    let named = ChainTestMaterial.templates(of: wish.document)
    let latest = try named.sent.reduce(into: Set<String>()) { $0.formUnion(try world.templates.latestTypes($1)) }
    // The gate asks, too.
    let quieting = Set(world.setting.rules.quietAfter.keys)
    return Interest(
      chain, document.root.value, latest: latest.union(quieting), purchase: world.setting.rules.rfm.event)
  }

  /// To its end. Throws `WorldError` when it was ended before.
  public func run() throws {
    try copyIdentities()
    try copyFreshRows()
    try changes.read(after: span.before) { try breathe() }
    if interest.beginsByTime { try bringEverybody() }
    var seq = span.before
    while seq < span.last {
      let page = try events.read(past, after: seq).filter { $0.event.seq <= span.last }
      guard let end = page.last?.event.seq else { break }
      try replay(page)
      seq = end
      let done = Double(seq - span.before) / Double(max(1, span.last - span.before))
      conditions.progress(Self.copying + (1 - Self.copying) * done)
      try breathe()
    }
    try flush()
    try advance(to: wish.to)
    try world.live(until: wish.to)
    try checkAnswers()
    conditions.progress(1)
  }

  private func copyIdentities() throws {
    for (index, table) in PastTable.identities.enumerated() {
      try table.copy(from: past, to: world.db) { try breathe() }
      conditions.progress(Self.copying * Double(index + 1) / Double(PastTable.identities.count))
    }
  }

  /// What the live timeline holds in the order of the log: contacts' pasts are read by contact.
  private func copyFreshRows() throws {
    var seq: Int64 = 0
    let (before, types) = (span.before, Set(contacts.reading.types))
    while true {
      let rows = try past.read { [seq] live in
        let sql = """
          SELECT f.seq, coalesce(m.survivor, f.contact), f.type
          FROM fresh_timeline f LEFT JOIN merged_contacts m ON m.contact = f.contact
          WHERE f.seq > $1 AND f.seq <= $2 ORDER BY f.seq LIMIT 5000
          """
        return try live.query(sql, [.int(seq), .int(before)]) { ($0.int(0), $0.int(1), $0.int(2)) }
      }
      try world.db.transaction {
        for (seq, contact, type) in rows where types.contains(type) {
          try world.db.run("INSERT OR IGNORE INTO past_fresh VALUES ($1, $2)", [.int(contact), .int(seq)])
        }
      }
      guard let last = rows.last else { return }
      seq = last.0
      try breathe()
    }
  }

  /// Where time alone lets people in, it may be anybody.
  private func bringEverybody() throws {
    var last: Int64 = 0
    while true {
      let rows = try world.db.query("SELECT id FROM contacts WHERE id > $1 ORDER BY id LIMIT 200", [.int(last)]) {
        $0.int(0)
      }
      guard let end = rows.last else { return }
      try contacts.bring(rows, now: world.now)
      try others.bring(rows, now: world.now)
      try rivals.bring(rows, now: world.now)
      last = end
      try breathe()
    }
  }

  private func replay(_ page: [PastEvents.Item]) throws {
    try bringContacts(of: page)
    try facts.read(page)
    for item in page {
      let at = item.event.acceptedAt
      if let change = try changes.lists(changedBy: item) {
        if change.isOwn, change.isAll { continue }
        try advance(to: at)
        if !change.isOwn { try changes.put(change, now: at) }
      }
      if rivals.contains(item.event.message), PastEvents.handOvers.contains(item.event.type) { continue }
      let verdict = try events.verdict(item) { try rehearsed($0, at: at) }
      switch verdict {
      case .skip: break
      case .fact(let event): try take(event, at: at, acts: false)
      case .acts(let event): try take(event, at: at, acts: try mayAct(item))
      }
      if facts.isSent(item) {
        try advance(to: at)
        try facts.store(item)
      }
    }
  }

  /// Most of what could wake a run happens to people who have none: it is a fact like others, which costs far less.
  private func mayAct(_ item: PastEvents.Item) throws -> Bool {
    let event = item.event
    if events.mayStart(item) || interest.beginsByTime { return true }
    try advance(to: event.acceptedAt)
    // Somebody may come in by what has not acted yet.
    if isUnsettled { return true }
    guard let row = try item.contact ?? People().known(event.keys, world.db) else { return false }
    let sql = """
      SELECT 1 FROM runs WHERE contact = $1 AND id > $2 AND (state = 'active' OR goal_until IS NOT NULL) LIMIT 1
      """
    return try world.db.first(sql, [.int(row), .int(Scratch.firstOwn)]) { _ in true } ?? false
  }

  /// The rehearsal's message in the place of a recorded one, to which something happens then.
  private func rehearsed(_ past: Int64, at moment: Timestamp) throws -> Int64? {
    try advance(to: moment)
    if let known = try RecordedAnswers.rehearsed(past, world.db) { return known }
    // It may leave at this very moment.
    try flush()
    try world.settle()
    isUnsettled = true
    return try RecordedAnswers.rehearsed(past, world.db)
  }

  /// The pasts of those who may come in by one of these.
  private func bringContacts(of page: [PastEvents.Item]) throws {
    var rows: [Int64] = []
    for item in page where events.mayStart(item) {
      guard let row = try item.contact ?? People().known(item.event.keys, world.db) else { continue }
      rows.append(row)
      for trigger in interest.chain.triggers { rows += try enrolled(by: item.event, of: row, trigger) }
    }
    var seen: Set<Int64> = []
    let new = try rows.filter { row in try seen.insert(row).inserted && !contacts.isKnown(row) }
    if new.isEmpty { return }
    try contacts.bring(new, now: world.now)
    try others.bring(new, now: world.now)
    try rivals.bring(new, now: world.now)
  }

  private func enrolled(by event: StoredEvent, of row: Int64, _ trigger: Trigger) throws -> [Int64] {
    switch trigger.enroll {
    case nil: return []
    case .relation(let kind): return try Relations().others(of: row, kind: kind, world.db)
    case .from(.trigger(let path)):
      guard !event.properties.isEmpty else { return [] }
      return try contact(named: path, in: try JSONValue(parsing: event.properties))
    case .from(.contact(let path)):
      return try People().contact(row, world.db).map { try contact(named: path, in: $0.json) } ?? []
    case .from(.latest), .from(.data), .from(.flag): return []
    }
  }

  private func contact(named path: PropertyPath, in value: JSONValue) throws -> [Int64] {
    let found = path.parts.reduce(Optional(value)) { $0?[$1] }
    guard let id = found?.string ?? found?.number?.text else { return [] }
    return try People().find(id, world.db).map { [$0.row] } ?? []
  }

  // MARK: - Time

  private func take(_ event: IncomingEvent, at moment: Timestamp, acts: Bool) throws {
    try advance(to: moment)
    waiting.append((event, moment))
    if acts { isUnsettled = true }
    if acts || waiting.count >= 500 { try flush() }
  }

  /// Lets everything act that is due before; where nothing is, only the clock moves.
  private func advance(to moment: Timestamp) throws {
    while let next = others.next, next <= moment {
      try bringRivals(through: next, isLast: false)
      try move(to: next)
      try others.happen(through: next)
    }
    try bringRivals(through: moment, isLast: true)
    try move(to: moment)
  }

  /// - Parameter isLast: what comes second at `moment` waits for the rest of it.
  private func bringRivals(through moment: Timestamp, isLast: Bool) throws {
    while let next = rivals.next, next <= moment {
      let comesSecond = rivals.nextComesSecond
      if comesSecond, isLast, next >= moment { return }
      try move(to: next)
      try flush()
      if comesSecond { try world.settle() }
      try rivals.happen(through: next)
      isUnsettled = true
    }
  }

  private func move(to moment: Timestamp) throws {
    guard moment > world.now else { return }
    if !isUnsettled, quietUntil.map({ $0 >= moment }) ?? true {
      world.now = moment
      return
    }
    try flush()
    try world.move(to: moment)
    try checkAnswers()
    isUnsettled = false
    quietUntil = try world.nextDue()
  }

  private func flush() throws {
    guard !waiting.isEmpty else { return }
    try world.write { db, _ in
      for (event, at) in waiting { _ = try world.log.append([event], now: at.milliseconds, db) }
    }
    waiting.removeAll(keepingCapacity: true)
  }

  private func checkAnswers() throws { if let failure = answers.failure { throw failure } }

  private func breathe() throws {
    if conditions.isOver() { throw WorldError("it was ended before it was done") }
    conditions.pause()
  }
}
