import Domain
import Ingest
import SQL

/// Keeps every contact's row as true as the log is read: purchases and the passing of time move him from cell to cell,
/// and each move is said in the log. New boundaries are taken on their schedule, in slices, and then applied contact by
/// contact. On the writer's thread, inside the engine's transaction.
///
/// An event that is no purchase costs one comparison; a purchase one row read and written.
final class RfmBook {
  let log: EventLog
  let timeline: Timeline
  let rules: Rules
  let rows = RfmRows()
  private let cache: RfmVersionCache
  /// Nil: to be read from the file.
  private var state: RfmProgress?
  /// When boundaries are to be taken next, by `state`.
  private var boundariesDue: Timestamp?
  /// A moment before which no row is due; nil: not known.
  private var quietUntil: Timestamp?
  /// The boundaries that are being taken. Begun anew after a crash.
  private var sampling: RfmSampling?
  /// Rows are being filled, sampled or moved, a slice a round, and there are more of them.
  private(set) var hasSlicesLeft = false

  private let isKept: Bool

  /// - Parameter isKept: false: nothing is noted, and no time moves anybody.
  init(_ views: ContactViews, isKept: Bool = true) {
    self.isKept = isKept
    (log, timeline, rules, cache) = (views.log, views.timeline, views.rules, views.rfmVersions)
  }

  private var rule: RfmRule { rules.rfm }

  /// Whatever memory says may be wrong: it is read anew.
  func forget() {
    (state, boundariesDue, quietUntil, sampling) = (nil, nil, nil, nil)
    cache.forget()
  }

  private func progress(_ db: Connection) throws -> RfmProgress {
    if let state { return state }
    let read = try RfmProgress.read(rule, db)
    (state, boundariesDue) = (read, read.due(rules))
    return read
  }

  private func store(_ progress: RfmProgress, _ db: Connection) throws {
    try progress.write(over: state, db)
    (state, boundariesDue) = (progress, progress.due(rules))
  }
}

// MARK: - Purchases and time

extension RfmBook {
  /// An event has come into the timeline of `contact`.
  func note(_ event: StoredEvent, of contact: Int64, wall: Timestamp, _ db: Connection) throws {
    guard isKept else { return }
    guard event.type == rule.event else {
      // What another contact bought is his now.
      if event.type == ContactEvent.merged { try note(mergeOf: contact, at: event.acceptedAt, wall: wall, db) }
      return
    }
    let amount = rule.amount(of: try EventProperties.value(event.properties))
    let purchase = RfmFigures(lastAt: event.at, count: 1, sum: amount)
    let before = try rows.row(contact, db)
    if before == nil { try noteFirst(at: wall, db) }
    var row = try before ?? newRow(contact, purchase, db)
    if before != nil { row.figures = row.figures + purchase }
    // What is loaded of the past is nothing that happens now.
    try settle(row, from: before, at: event.acceptedAt, rules.isFresh(event) ? .event : nil, wall: wall, db)
  }

  private func note(mergeOf contact: Int64, at moment: Timestamp, wall: Timestamp, _ db: Connection) throws {
    guard let row = try rows.row(contact, db) else { return }
    try settle(row, from: row, at: moment, .event, wall: wall, db)
  }

  func newRow(_ contact: Int64, _ figures: RfmFigures, _ db: Connection) throws -> RfmRow {
    RfmRow(
      contact: contact, figures: figures, version: try progress(db).newest?.version ?? 0, cell: nil, dueAt: nil)
  }

  /// The schedule of boundaries begins with the first who buys.
  private func noteFirst(at wall: Timestamp, _ db: Connection) throws {
    var progress = try progress(db)
    guard progress.since == nil else { return }
    progress.since = wall
    try store(progress, db)
  }

  /// Works out the row's cell at `moment`, stores it and says that he has moved.
  /// - Parameter cause: nil: nothing is said.
  func settle(
    _ row: RfmRow, from before: RfmRow?, at moment: Timestamp, _ cause: RfmEvent.Cause?, wall: Timestamp,
    _ db: Connection
  ) throws {
    var row = row
    let state = try cache.version(row.version, db)?.state(of: row.figures, at: moment)
    (row.cell, row.dueAt) = (state?.cell, state?.nextChange)
    guard row != before else { return }
    try rows.put(row, over: before, db)
    if let due = row.dueAt, let known = quietUntil { quietUntil = min(known, due) }
    guard let cause, let cell = row.cell, cell != before?.cell else { return }
    let event = RfmEvent.moved(
      row.contact, from: before?.cell, to: cell, by: row.version, cause, at: cause == .time ? moment : nil)
    try log.append(own: [event], now: wall.milliseconds, db)
  }

  /// When time moves the next contact.
  func nextDue(_ db: Connection) throws -> Timestamp? {
    if quietUntil == nil { quietUntil = try rows.nextDue(db) ?? Timestamp(milliseconds: .max) }
    return quietUntil.flatMap { $0.milliseconds == .max ? nil : $0 }
  }

  /// Lets those move whom time moves before `moment`, the first first.
  /// - Returns: how many.
  func fire(before moment: Timestamp, limit: Int, now: Timestamp, _ db: Connection) throws -> Int {
    let due = try rows.due(before: min(moment, now + 1), limit: limit, db)
    quietUntil = nil
    for row in due {
      let moment = row.dueAt ?? now
      try settle(row, from: row, at: moment, try cause(of: row, at: moment, db), wall: now, db)
    }
    return due.count
  }

  /// Boundaries are taken of somebody's very age: who has it is past them a millisecond later, and has done nothing.
  private func cause(of row: RfmRow, at moment: Timestamp, _ db: Connection) throws -> RfmEvent.Cause {
    guard let version = try cache.version(row.version, db) else { return .time }
    return moment <= version.computedAt + 1 ? .boundaries : .time
  }
}

// MARK: - Slices

extension RfmBook {
  /// When there is something to do by time alone.
  func nextMoment(_ db: Connection) throws -> Timestamp? {
    try [nextDue(db), boundariesDue].compactMap { $0 }.min()
  }

  /// A slice of what is under way: the first filling of an old file, new boundaries, and moving contacts to them.
  /// - Parameters:
  ///   - isAtEnd: every event has acted. Contacts are moved only then, so that between a move and the event that says it
  ///     nothing else happens to the contact.
  ///   - limit: of rows.
  ///   - isOver: the round has no time left.
  func work(now: Timestamp, isAtEnd: Bool, limit: Int, isOver: () -> Bool, _ db: Connection) throws {
    guard isKept else { return }
    switch pending(try progress(db), now: now) {
    case .filling(let fill): try fillSlice(fill, try progress(db), now: now, limit: limit, isOver, db)
    case .moving: if isAtEnd { try moveSlice(try progress(db), now: now, limit: limit, isOver, db) }
    case .sampling: try sampleSlice(try progress(db), now: now, limit: limit, isOver, db)
    case nil: break
    }
    hasSlicesLeft = pending(try progress(db), now: now) != nil
  }

  private enum Work {
    case filling(RfmProgress.Fill)
    case moving, sampling
  }

  private func pending(_ progress: RfmProgress, now: Timestamp) -> Work? {
    if let fill = progress.fill { return .filling(fill) }
    if progress.moved != nil { return .moving }
    return sampling != nil || boundariesDue.map { $0 <= now } ?? false ? .sampling : nil
  }

  private func fillSlice(
    _ fill: RfmProgress.Fill, _ old: RfmProgress, now: Timestamp, limit: Int, _ isOver: () -> Bool, _ db: Connection
  ) throws {
    var (progress, fill) = (old, fill)
    let contacts = try RfmFilling(timeline: timeline, log: log, rule: rule)
    for contact in try contacts.page(fill, limit: limit, db) {
      let before = try rows.row(contact, db)
      if let figures = try contacts.figures(of: contact, db) {
        var row = try before ?? newRow(contact, figures, db)
        row.figures = figures
        try settle(row, from: before, at: now, before?.cell == nil ? nil : .boundaries, wall: now, db)
      } else if before != nil {
        try rows.forget(contact, db)
      }
      fill.walked = contact
      if isOver() { break }
    }
    let isDone = try contacts.page(fill, limit: 1, db).isEmpty
    progress.fill = isDone ? nil : fill
    // Who has bought before there were boundaries does not wait for a Monday.
    if isDone, try !rows.isEmpty(db) { progress.since = Timestamp(milliseconds: 0) }
    try store(progress, db)
  }

  private func sampleSlice(
    _ old: RfmProgress, now: Timestamp, limit: Int, _ isOver: () -> Bool, _ db: Connection
  ) throws {
    var taken = sampling ?? RfmSampling(at: now)
    // Reading is fast: without time left, a few.
    let page = try rows.page(after: taken.walked, limit: isOver() ? max(1, limit / 10) : limit, db)
    for row in page { taken.add(row) }
    sampling = taken
    guard page.isEmpty else { return }
    sampling = nil
    var progress = old
    progress.since = taken.at
    if let boundaries = taken.boundaries(version: (progress.newest?.version ?? 0) + 1) {
      try RfmVersions().insert(boundaries, db)
      (progress.newest, progress.moved) = (boundaries, 0)
    }
    try store(progress, db)
  }

  private func moveSlice(
    _ old: RfmProgress, now: Timestamp, limit: Int, _ isOver: () -> Bool, _ db: Connection
  ) throws {
    guard let newest = old.newest else { return }
    var progress = old
    let page = try rows.page(after: old.moved ?? 0, limit: limit, db)
    for before in page {
      var row = before
      row.version = newest.version
      try settle(row, from: before, at: now, .boundaries, wall: now, db)
      progress.moved = row.contact
      if isOver() { break }
    }
    if page.isEmpty { progress.moved = nil }
    try store(progress, db)
  }
}
