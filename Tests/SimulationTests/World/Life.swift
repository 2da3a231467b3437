import Delivery
import Domain
import Engine
import Ingest
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
  let dispatch: SimulatedDispatch
  let writer: Writer
  let intake: Intake
  /// Before the engine, between it and the delivery, after both.
  let gremlins = [Gremlin(), Gremlin(), Gremlin()]
  let rules: Rules
  /// A person wants an `unknown` message tried again.
  var retryAsked: (Int64) -> Void = { _ in }
  /// Killed: nobody hears from it any more.
  var isDead = false
  /// Some round was committed.
  var hasCommitted = false

  init(
    number: Int, path: String, clock: SimulatedClock, rules: Rules, slice: Engine.Slice, bug: PlantedBug,
    dispatch: SimulatedDispatch
  ) throws {
    (self.number, self.rules, self.dispatch) = (number, rules, dispatch)
    connection = try Connection(path: path, mode: .writer, settings: .init(durability: .off, busyMilliseconds: 0))
    log = try EventLog(connection, now: clock.wall)
    try counters.load(connection)
    var merging = Timeline.Settings()
    (merging.rowsToMerge, merging.rowsPerSlice) = (20, 5)
    let timeline = try Timeline(connection, settings: merging)
    engine = Engine(log: log, timeline: timeline, catalog: catalog, counters: counters, rules: rules, slice: slice)
    let templates = TemplateCatalog(shop: TemplateShop(locale: "en", currency: "EUR")) { _, _ in nil }
    delivery = Delivery(
      engine: engine, log: log, catalog: catalog, counters: counters, rules: rules, templates: templates,
      dispatch: dispatch)
    let parts = PlantedBug.Parts(log: log, engine: engine, delivery: delivery, counters: counters)
    let duties: [any Duty] = [
      gremlins[0], bug.engine(parts), gremlins[1], bug.delivery(parts), gremlins[2],
    ]
    writer = Writer(connection: connection, duties: duties, now: { clock.wall }, monotonic: { clock.time * 1_000_000 })
    intake = Intake(writer: writer, log: log, now: { clock.wall })
  }

  /// Until when, on the wall clock, the provider of a channel wants no message.
  private(set) var heldUntil: [String: Int64] = [:]

  func hold(_ channel: String, until moment: Int64) { heldUntil[channel] = max(heldUntil[channel] ?? 0, moment) }

  /// The kernel closes the file; what was not committed is gone.
  func end() {
    isDead = true
    connection.close()
  }
}
