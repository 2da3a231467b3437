import Delivery
import Domain

/// Lines of connections without threads: what is handed over goes to the provider at once, answers come by the
/// timetable.
final class SimulatedDispatch: Dispatch {
  struct Line {
    var connections: Int
    var mayRepeat: Bool
    var opensTask: Bool
  }

  /// What the process still does when the writer says that claims are committed.
  enum Fate {
    case alive
    /// Killed between the commit and the first byte.
    case dead
    /// Killed meanwhile: some claims have reached the provider.
    case dying
  }

  static let lines = [
    "email": Line(connections: 2, mayRepeat: false, opensTask: false),
    "sms": Line(connections: 1, mayRepeat: true, opensTask: false),
    "call": Line(connections: 3, mayRepeat: true, opensTask: true),
  ]

  var fate = Fate.alive
  /// Messages at hand, by channel.
  private(set) var atHand: [String: Set<Int64>] = [:]
  /// Handed over in this life, and not yet seen settled on disk.
  var unsettled: Set<Int64> = []
  private let isTrustful: Bool
  private let survives: (Claim) -> Bool
  private let receive: (Claim) -> Void

  /// - Parameters:
  ///   - isTrustful: a planted lie, that every channel may repeat.
  ///   - survives: whether a claim reaches the provider although the process dies.
  init(isTrustful: Bool, survives: @escaping (Claim) -> Bool, receive: @escaping (Claim) -> Void) {
    (self.isTrustful, self.survives, self.receive) = (isTrustful, survives, receive)
  }

  func free(_ channel: String) -> Int {
    max(0, (Self.lines[channel]?.connections ?? 0) - (atHand[channel]?.count ?? 0))
  }

  func mayRepeat(_ channel: String) -> Bool { isTrustful || Self.lines[channel]?.mayRepeat ?? false }

  func opensTask(_ channel: String) -> Bool { Self.lines[channel]?.opensTask ?? false }

  func handOver(_ claims: [Claim]) {
    guard fate != .dead else { return }
    for claim in claims where fate == .alive || survives(claim) {
      atHand[claim.channel, default: []].insert(claim.message)
      unsettled.insert(claim.message)
      receive(claim)
    }
  }

  func answered(_ claim: Claim) { atHand[claim.channel]?.remove(claim.message) }
}
