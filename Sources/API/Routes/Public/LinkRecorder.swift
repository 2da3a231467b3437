import Delivery
import Domain
import Engine
import Ingest
import JSON
import SQL
import Synchronization

/// Puts into the log what was done with a message's links. The same of the same message counts once a minute, so that
/// nobody who holds a link can make the log grow as fast as he can call.
final class LinkRecorder: Sendable {
  enum Deed: Sendable, Hashable {
    case open(isMachine: Bool, Device?)
    case click(target: String, Device?)
  }

  private struct Seen: Hashable {
    let message: Int64
    let deed: Deed
  }

  private static let pauseMilliseconds: Int64 = 60_000
  private static let remembered = 50_000

  private let log: EventLog
  private let writer: Writer
  private let now: @Sendable () -> Int64
  /// When each was last recorded.
  private let recent = Mutex<[Seen: Int64]>([:])

  init(log: EventLog, writer: Writer, now: @escaping @Sendable () -> Int64) {
    (self.log, self.writer, self.now) = (log, writer, now)
  }

  /// - Parameter then: called once it is on disk, or could not be: whoever called the link gets his answer either way.
  func record(_ deed: Deed, _ token: LinkToken, then: @escaping @Sendable () -> Void) {
    let seen = Seen(message: token.message, deed: deed)
    guard isNew(seen) else { return then() }
    writer.submit { [log] db, now in
      guard let event = try Self.event(deed, token, db) else { return }
      try log.append(own: [event], now: now, db)
    } then: { [self] outcome in
      // What the store did not take is new when it comes again.
      if case .failure = outcome { recent.withLock { $0[seen] = nil } }
      then()
    }
  }

  private func isNew(_ seen: Seen) -> Bool {
    let now = now()
    return recent.withLock { recent in
      if let last = recent[seen], now - last < Self.pauseMilliseconds, last <= now { return false }
      if recent.count >= Self.remembered {
        recent = recent.filter { now - $0.value < Self.pauseMilliseconds }
        if recent.count >= Self.remembered { recent.removeAll() }
      }
      recent[seen] = now
      return true
    }
  }

  /// Nil when the message is not, or no longer, the one that the link was made for.
  private static func event(_ deed: Deed, _ token: LinkToken, _ db: Connection) throws -> IncomingEvent? {
    guard let message = try MessageStore().reference(token.message, db), message.contact == token.contact else {
      return nil
    }
    let (type, facts, device): (String, JSONObject, Device?) =
      switch deed {
      case .open(let isMachine, let device): ("message.opened", ["machine": .bool(isMachine)], device)
      case .click(let target, let device): ("message.clicked", ["machine": false, "url": .string(target)], device)
      }
    var more = facts
    if let device { more["device"] = .string(device.rawValue) }
    return message.event(type, more: more).incoming
  }
}
