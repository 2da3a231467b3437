public import Delivery
public import Domain

/// A message that was handed over in a world.
public struct SentMessage: Sendable, Hashable {
  public let message: Int64
  public let run: Int64
  public let chain: String
  /// The step's label.
  public let step: String
  public let channel: String
  public let template: String
  /// The contact's public id.
  public let contact: String
  public let purpose: Purpose
  /// When its provider had it.
  public let at: Timestamp
}

/// The way out of a world: every message is rendered, and its provider answers as somebody says, at once or later.
public final class WorldDispatch: Dispatch {
  /// What the provider says, and when; a moment that has passed is now.
  public typealias Answers = (Claim, _ now: Timestamp) -> (answer: HandOver, at: Timestamp)

  public static var accepts: Answers { { _, now in (.accepted(providerID: nil), now) } }

  /// What is in hand at a moment is bounded by the delivery's own slices.
  private static let connections = 1000

  private let renderer: Renderer
  private let tasks: Set<String>
  private let answers: Answers
  var settled: (Outcome) -> Void = { _ in }
  private(set) var sent: [SentMessage] = []
  private(set) var count = 0
  /// Whether `sent` is kept; else it is only counted.
  let keepsSent: Bool
  /// Answers that are still to come.
  private var waiting: [(at: Timestamp, outcome: Outcome)] = []
  private var arrived: [(at: Timestamp, outcome: Outcome)] = []
  private var clock = Timestamp(milliseconds: 0)

  init(_ renderer: Renderer, tasks: Set<String>, keepsSent: Bool, answers: @escaping Answers) {
    (self.renderer, self.tasks, self.keepsSent, self.answers) = (renderer, tasks, keepsSent, answers)
  }

  public func free(_ channel: String) -> Int { Self.connections }

  /// Nothing crashes here: what is unknown stays it.
  public func mayRepeat(_ channel: String) -> Bool { false }

  public func opensTask(_ channel: String) -> Bool { tasks.contains(channel) }

  public func handOver(_ claims: [Claim]) {
    for claim in claims {
      switch renderer.make(claim) {
      case .message(let message):
        let task = opensTask(claim.channel) ? TaskText(subject: message.subject, text: message.text ?? "") : nil
        let (answer, at) = answers(claim, clock)
        waiting.append((max(at, clock), Outcome(claim: claim, result: .handed(answer), task: task)))
      case .unready(let detail):
        waiting.append((clock, Outcome(claim: claim, result: .unready(detail: detail))))
      case .failure(let code, let detail):
        waiting.append((clock, Outcome(claim: claim, result: .unrenderable(code: code, detail: detail))))
      }
    }
  }

  /// Before a round at that moment: what has been answered by then is the delivery's to record.
  func answer(through now: Timestamp) {
    clock = now
    guard !waiting.isEmpty else { return }
    arrived = waiting.filter { $0.at <= now }
    waiting.removeAll { $0.at <= now }
    for (at, outcome) in arrived {
      if case .handed(.accepted) = outcome.result {
        count += 1
        if keepsSent { sent.append(SentMessage(outcome.claim, at: at)) }
      }
      settled(outcome)
    }
  }

  /// When the next answer comes.
  var nextAnswer: Timestamp? { waiting.map(\.at).min() }
}

extension SentMessage {
  fileprivate init(_ claim: Claim, at: Timestamp) {
    self.init(
      message: claim.message, run: claim.run, chain: claim.chain, step: claim.step, channel: claim.channel,
      template: claim.template, contact: claim.contactID, purpose: claim.purpose, at: at)
  }
}
