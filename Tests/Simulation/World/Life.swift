import Delivery
import Domain
import Engine
import Erasure
import Ingest
import Migrations
import Retention
import SQL

/// One life of the server's process: everything that is in memory, wired as the server wires it, on the world's file.
final class Life: @unchecked Sendable {
  // Unchecked: a simulation has one thread.
  let number: Int
  let connection: Connection
  let log: EventLog
  let catalog = ChainCatalog()
  let counters = Counters()
  let engine: Engine
  let delivery: Delivery
  let retention: Retention?
  let tombstones = Tombstones(secret: Erased.secret)
  let erasures: Erasures
  let erased: Erased
  let dispatch: SimulatedDispatch
  let hold: Hold
  let writer: Writer
  let intake: Intake
  /// Before the engine, between it and the delivery, after both.
  let gremlins = [Gremlin(), Gremlin(), Gremlin()]
  let rules: Rules
  /// A person wants an `unknown` message tried again.
  var retryAsked: (Int64) -> Void = { _ in }
  /// Before that nobody is listened to: the file has to learn whom the journal knows as erased.
  var isServing = false
  /// Counts them over all lives.
  var round = 0
  /// Killed: nobody hears from it any more.
  var isDead = false
  /// Some round was committed in which the stages took part.
  private(set) var hasCommitted = false

  /// - Parameter isCopy: the file may still live elsewhere, so it is held.
  init(number: Int, world: World, dispatch: SimulatedDispatch, isCopy: Bool) throws {
    let (clock, bug) = (world.clock, world.bug)
    (self.number, self.dispatch, rules, erased) = (number, dispatch, world.rules, world.erased)
    let settings = Connection.Settings(
      durability: bug.durability, vfs: world.vfs.name, busyMilliseconds: 0, pagesBetweenCheckpoints: world.weather.pages
    )
    let connection = try Connection(path: World.path, mode: .writer, settings: settings)
    self.connection = connection
    world.disk.rows.follow(connection)
    try Migrator(Migrations.all).migrate(connection)
    if isCopy {
      let fact = Hold.Fact(since: Timestamp(milliseconds: clock.wall), reason: "a copy")
      try connection.transaction { try Hold.set(fact, connection) }
    }
    let hold = try Hold(connection)
    self.hold = hold
    let windowEnd = clock.wall + (bug.forgetsIDs && number > 1 ? 365 * 86_400_000 : 0)
    log = try EventLog(connection, now: windowEnd, limits: world.weather.limits)
    try counters.load(connection)
    try tombstones.load(connection)
    let timeline = try Timeline(connection, settings: world.weather.timeline)
    let stopwatch = Stopwatch(seed: world.seed, life: number, isSlow: world.weather.isSlow)
    engine = Engine(
      log: log, timeline: timeline, catalog: catalog, counters: counters, rules: rules, slice: world.weather.slice,
      // New boundaries are due every week for ever: with them no world would come to rest. Scores have random lives of
      // their own.
      tombstones: tombstones, keepsRfm: false, monotonic: { stopwatch.look() })
    let templates = TemplateCatalog(shop: TemplateShop(locale: "en", currency: "EUR")) { _, _ in nil }
    delivery = Delivery(
      engine: engine, log: log, catalog: catalog, counters: counters, rules: bug.gateRules(rules), templates: templates,
      dispatch: dispatch, hold: hold)
    retention =
      world.weather.deletes
      ? Retention(
        log: log, engine: engine, catalog: catalog, rules: rules, slice: world.weather.rowsDeleted, leastStale: 20,
        pause: world.weather.pauseOfDeleting, monotonic: { stopwatch.look() }) : nil
    let desk = ScrubDesk()
    erasures = Erasures(
      Erasures.Setup(
        log: log, timeline: timeline, counters: counters, tombstones: tombstones, journal: world.journal,
        isHeld: { hold.fact != nil },
        scrub: { then in
          if bug.forgetsFreeSpace { then(.success(0)) } else { desk.writer?.scrub(then: then) }
        }, wake: { [unowned world] in world.isWoken = true }))
    let parts = PlantedBug.Parts(
      log: log, engine: engine, delivery: delivery, retention: retention, erasures: erasures, counters: counters)
    func held(_ stage: any Duty) -> any Duty { hold.fact == nil ? stage : HeldDuty(stage, while: hold) }
    let deleting = bug.retention(parts).map { [held($0)] } ?? []
    let duties: [any Duty] =
      [bug.erasures(parts), gremlins[0], held(bug.engine(parts)), gremlins[1]] + deleting + [
        held(bug.delivery(parts)), gremlins[2],
      ]
    writer = Writer(connection: connection, duties: duties, now: { clock.wall }, monotonic: { clock.time * 1_000_000 })
    desk.writer = writer
    intake = Intake(
      writer: writer, log: log, limits: world.weather.limits, tombstones: bug.hasOpenDoor ? Tombstones() : tombstones,
      now: { clock.wall })
  }

  /// Until when, on the wall clock, the provider of a channel wants no message.
  private(set) var heldUntil: [String: Int64] = [:]
  private var pauses: [(channel: String, milliseconds: Int64)] = []

  /// From the round on that records it.
  func pause(_ channel: String, milliseconds: Int64) { pauses.append((channel, milliseconds)) }

  func committed(wall: Int64, wasHeld: Bool) {
    if !wasHeld { hasCommitted = true }
    for pause in pauses {
      heldUntil[pause.channel] = max(heldUntil[pause.channel] ?? 0, wall + pause.milliseconds)
    }
    pauses = []
  }

  /// Frees what SQLite has in memory. Of a process that was killed nothing reaches the disk any more.
  func end() {
    isDead = true
    connection.close()
  }
}

/// Who overwrites free space: the erasures are one of its duties, and made before it.
private final class ScrubDesk: @unchecked Sendable {
  // Unchecked: a simulation has one thread.
  weak var writer: Writer?
}
