import Delivery
import Domain

/// Renders every message and answers for its channel on the spot; a call becomes a task.
final class InstantDispatch: Dispatch {
  private let renderer: Renderer
  var settled: (Outcome) -> Void = { _ in }
  /// What becomes of a hand-over.
  var answer: (Claim) -> HandOver = { _ in .accepted(providerID: "p1") }

  init(_ renderer: Renderer) { self.renderer = renderer }

  func free(_ channel: String) -> Int { 10 }
  func mayRepeat(_ channel: String) -> Bool { false }
  func opensTask(_ channel: String) -> Bool { channel == "call" }

  func handOver(_ claims: [Claim]) {
    for claim in claims {
      switch renderer.make(claim) {
      case .message(let message):
        let task = opensTask(claim.channel) ? TaskText(subject: message.subject, text: message.text ?? "") : nil
        settled(Outcome(claim: claim, result: .handed(answer(claim)), task: task))
      case .unready(let detail): settled(Outcome(claim: claim, result: .unready(detail: detail)))
      case .failure(let code, let detail):
        settled(Outcome(claim: claim, result: .unrenderable(code: code, detail: detail)))
      }
    }
  }
}
