import Delivery
import Domain
import Ingest
import SQL

/// What should have happened in the fixed chain, worked out a second time from the log: who enters, which way each run
/// goes, what it sends. Asked at rest, about what has changed.
final class Oracle {
  var verdicts = Verdicts()
  let db: Connection
  private(set) var past: OraclePast
  let erased: Erased
  private let ends: EndChecks
  private var chain: Int64?
  /// The log's end at the last rest without the chain, and at the first with it: what came between may enter.
  private var publishedAfter: Int64 = 0
  private var publishedBy: Int64?
  /// Runs that have changed since the last rest.
  var changed: Set<Int64> = []
  /// Runs of other chains.
  var foreign: Set<Int64> = []
  var runs: [Int64: FixedRun] = [:]
  /// Those that have gone neither way yet.
  var waiting: Set<Int64> = []
  /// The earliest end of a wait.
  var nextEnd = Int64.max
  /// Whether a contact was held out, by contacts.id at the entry.
  var heldOut: [Int64: Bool] = [:]
  /// Of the fixed chain.
  private var messages: Set<Int64> = []
  private var (life, wasHeld) = (0, false)

  init(_ db: Connection, _ rules: Rules, _ erased: Erased) {
    (self.db, self.erased) = (db, erased)
    ends = EndChecks(db, rules, erased)
    past = OraclePast(db)
  }

  /// After each round that may have changed something, and after a start.
  /// - Parameters:
  ///   - runs: those that have changed.
  ///   - messages: the same.
  ///   - moves: messages that are new, or whose status is another.
  func note(_ world: World, runs: Set<Int64>, messages: Set<Int64>, moves: [BookWatch.Move]) throws {
    past.note(wall: world.clock.wall)
    changed.formUnion(runs)
    guard let life = world.life else { return }
    let isHeld = life.hold.fact != nil
    if life.number != self.life || (wasHeld && !isHeld) { try past.startsOver(through: life.log.lastSeq) }
    (self.life, wasHeld) = (life.number, isHeld)
    if chain == nil, !moves.isEmpty {
      chain = try db.first("SELECT number FROM chains WHERE id = $1", [.text(FixedChain.id)]) { $0.int(0) }
    }
    for move in moves {
      let isFixed = move.chain == chain
      if isFixed, move.isNew {
        self.messages.insert(move.message)
        changed.insert(move.run)
      }
      guard let end = try ends.check(move, isFixed: isFixed, world, life), isFixed else { continue }
      verdicts.ends[end, default: 0] += 1
    }
    for message in messages where self.messages.contains(message) {
      if try !ends.checkPutOff(message, world) { self.messages.remove(message) }
    }
  }

  /// The log is read to its end, and what is due has acted.
  func check(_ world: World, _ life: Life) throws {
    let last = life.log.lastSeq
    guard let publishedBy = try lookForChain(last), let chain else { return }
    let before = past.news
    var entries: [Int64: OraclePast.Event] = [:]
    for event in try past.read(through: last) where event.seq > publishedAfter && event.enters {
      entries[event.seq] = event
    }
    for row in try changedRuns(chain) { try look(row, &entries) }
    if let event = entries.values.filter({ $0.seq > publishedBy && !erased.mayLack($0.who) }).min(by: {
      $0.seq < $1.seq
    }) {
      throw Violation("who should enters, once", "by the event \(event.seq) nobody did")
    }
    guard past.news != before || nextEnd <= world.clock.wall else { return }
    for id in waiting { try checkWaits(id, world.clock.wall) }
    nextEnd = waiting.lazy.compactMap { self.runs[$0]?.until }.min() ?? .max
  }

  /// Everybody has come to an end.
  func checkEnd() throws {
    if let run = runs.values.first(where: { !$0.isOver && !erased.mayLack($0.entry.who) }) {
      throw Violation("a run sends what its way says", "run \(run.id) came to no end")
    }
  }

  /// - Returns: the log's end at the rest at which the chain was first there; nil: it is not.
  private func lookForChain(_ last: Int64) throws -> Int64? {
    if let publishedBy { return publishedBy }
    let sql = "SELECT number FROM chains WHERE id = $1 AND live_version IS NOT NULL"
    if let number = try db.first(sql, [.text(FixedChain.id)], { $0.int(0) }) {
      (chain, publishedBy) = (number, last)
    } else {
      publishedAfter = last
    }
    return publishedBy
  }
}
