import Domain
import SQL
import Synchronization

/// The rehearsals of a running server: one at a time, a few wait, the last ones are remembered until the server ends.
/// From any thread.
public final class Rehearsals: Sendable {
  /// What the server gives to it.
  public struct Setup: Sendable {
    public var setting: WorldSetting
    /// The live file, read by nobody else.
    public var past: any Past & Sendable
    /// Of the scratch file, which is made and removed for each.
    public var path: String
    /// Runs a job on a thread of its own, beside everybody's work; false when too many wait.
    public var beside:
      @Sendable (_ job: @escaping @Sendable (_ isStopping: @escaping @Sendable () -> Bool) -> Void) -> Bool
    /// Waits as long as others should have their turn, after what was done since the last call.
    public var pause: @Sendable () -> Void
    /// What the scratch file may take now, in bytes.
    public var room: @Sendable () -> Int64

    public init(
      setting: WorldSetting, past: any Past & Sendable, path: String,
      beside:
        @escaping @Sendable (_ job: @escaping @Sendable (_ isStopping: @escaping @Sendable () -> Bool) -> Void) -> Bool,
      pause: @escaping @Sendable () -> Void, room: @escaping @Sendable () -> Int64
    ) {
      (self.setting, self.past, self.path) = (setting, past, path)
      (self.beside, self.pause, self.room) = (beside, pause, room)
    }
  }

  private struct Entry {
    var status: RehearsalStatus
    var isCancelled = false
    var listeners: [@Sendable (RehearsalStatus) -> Void] = []
  }

  private static let remembered = 50

  private let setup: Setup
  private let entries = Mutex<(started: Int, all: [Entry])>((0, []))

  public init(_ setup: Setup) { self.setup = setup }

  /// - Parameters:
  ///   - now: makes its id one that no earlier run of the server has given.
  ///   - then: called once it is over.
  /// - Returns: nil when too many wait.
  public func begin(
    _ wish: RehearsalWish, templates: [String: String], now: Int64,
    then: (@Sendable (RehearsalStatus) -> Void)? = nil
  ) -> RehearsalStatus? {
    let status = entries.withLock { entries in
      entries.started += 1
      let status = RehearsalStatus(id: "r" + String(now, radix: 36) + "-" + String(entries.started), wish)
      entries.all.append(Entry(status: status, listeners: then.map { [$0] } ?? []))
      if entries.all.count > Self.remembered, let old = entries.all.firstIndex(where: { $0.status.state.isOver }) {
        entries.all.remove(at: old)
      }
      return status
    }
    let isTaken = setup.beside { [self] isStopping in
      live(status.id, wish, templates, isStopping)
    }
    guard isTaken else {
      entries.withLock { $0.all.removeAll { $0.status.id == status.id } }
      return nil
    }
    return status
  }

  public func status(_ id: String) -> RehearsalStatus? {
    entries.withLock { entries in entries.all.first { $0.status.id == id }?.status }
  }

  /// The newest first.
  public var all: [RehearsalStatus] { entries.withLock { $0.all.map(\.status).reversed() } }

  /// Ends it soon; nothing happens to one that is over. Nil: there is none.
  public func cancel(_ id: String) -> RehearsalStatus? {
    change(id) { $0.isCancelled = true }
    return status(id)
  }

  private func change(_ id: String, _ body: (inout Entry) -> Void) {
    entries.withLock { entries in
      guard let index = entries.all.firstIndex(where: { $0.status.id == id }) else { return }
      body(&entries.all[index])
    }
  }

  private func isCancelled(_ id: String) -> Bool {
    entries.withLock { entries in entries.all.first { $0.status.id == id }?.isCancelled ?? true }
  }

  private func live(
    _ id: String, _ wish: RehearsalWish, _ templates: [String: String], _ isStopping: @escaping @Sendable () -> Bool
  ) {
    let isOver: @Sendable () -> Bool = { [self] in isStopping() || isCancelled(id) }
    guard !isOver() else { return end(id, .cancelled) }
    change(id) { $0.status.state = .running }
    ScratchFile.remove(setup.path)
    let result = Result { try figures(id, wish, templates, isOver) }
    // Before anybody hears that it is over.
    ScratchFile.remove(setup.path)
    switch result {
    case .success(let figures): end(id, .done) { $0.figures = figures }
    case .failure(let error): end(id, isOver() ? .cancelled : .failed) { $0.detail = Self.sentence(error) }
    }
  }

  private func figures(
    _ id: String, _ wish: RehearsalWish, _ templates: [String: String], _ isOver: @escaping () -> Bool
  ) throws -> RehearsalFigures {
    let conditions = RehearsalRun.Conditions(
      setting: setup.setting, path: setup.path, bytes: setup.room(), isOver: isOver, pause: setup.pause
    ) { [self] done in change(id) { $0.status.progress = done } }
    let past = PatientPast(past: setup.past, pause: setup.pause)
    let run = try RehearsalRun(wish, past, templates: templates, conditions)
    try run.run()
    return try run.figures()
  }

  private func end(_ id: String, _ state: RehearsalStatus.State, _ body: (inout RehearsalStatus) -> Void = { _ in }) {
    var listeners: [@Sendable (RehearsalStatus) -> Void] = []
    change(id) { entry in
      body(&entry.status)
      entry.status.state = state
      if state == .done { entry.status.progress = 1 }
      (listeners, entry.listeners) = (entry.listeners, [])
    }
    if let status = status(id) { for listener in listeners { listener(status) } }
  }

  private static func sentence(_ error: any Error) -> String {
    switch error {
    case let error as WorldError: error.description
    case let error as SQLError where error.isFull:
      "expected room for the rehearsal's own file, got a full one: rehearse a shorter time, or make room on the disk"
    case let refusal as Refusal: refusal.issues.first?.detail ?? "the chain has errors"
    default: "\(error)"
    }
  }
}
