public import Domain
public import JSON

/// Where a rehearsal is, and what came of it.
public struct RehearsalStatus: Sendable {
  public enum State: String, Sendable {
    case waiting, running, done, failed, cancelled

    var isOver: Bool { self != .waiting && self != .running }
  }

  public let id: String
  public let chain: String
  public let from: Timestamp
  public let to: Timestamp
  public internal(set) var state = State.waiting
  /// 0 ... 1
  public internal(set) var progress = 0.0
  /// Once it is done.
  public internal(set) var figures: RehearsalFigures?
  /// Why it failed.
  public internal(set) var detail: String?

  init(id: String, _ wish: RehearsalWish) { (self.id, chain, from, to) = (id, wish.chain, wish.from, wish.to) }

  /// What an answer says; the figures once there are any.
  public var json: JSONValue {
    var object = figures?.json ?? [:]
    object["id"] = .string(id)
    object["chain"] = .string(chain)
    object["from"] = .string(from.rfc3339)
    object["to"] = .string(to.rfc3339)
    object["state"] = .string(state.rawValue)
    // Thousandths are enough for whoever looks.
    object["progress"] = JSONNumber(text: String((progress * 1000).rounded(.down) / 1000)).map { .number($0) } ?? 0
    object["detail"] = detail.map(JSONValue.string)
    return .object(object)
  }
}
