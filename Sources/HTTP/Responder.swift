import Synchronization

/// Answers one request, once, from any thread. A second answer is ignored; dropped without an answer, the client gets a 500.
public struct Responder: Sendable {
  private let answer: @Sendable (Response) -> Void

  /// For tests and calls from within.
  public init(_ answer: @escaping @Sendable (Response) -> Void) {
    self.answer = answer
  }

  init(_ pending: PendingAnswer) {
    answer = { pending.give($0) }
  }

  public func callAsFunction(_ response: Response) {
    answer(response)
  }
}

/// The place an answer belongs to. Lives as long as somebody could still answer.
final class PendingAnswer: Sendable {
  private let loop: EventLoop
  private let place: AnswerPlace
  private let requestHeaders: Headers
  private let isGiven = Atomic(false)

  init(loop: EventLoop, place: AnswerPlace, requestHeaders: Headers) {
    self.loop = loop
    self.place = place
    self.requestHeaders = requestHeaders
  }

  /// Compresses on the caller's thread, so that the loop need not.
  func give(_ response: Response) {
    guard !isGiven.exchange(true, ordering: .relaxed) else { return }
    loop.deliver(Answer(place: place, response: Compression.applied(to: response, for: requestHeaders)))
  }

  deinit {
    guard !isGiven.load(ordering: .relaxed) else { return }
    loop.deliver(Answer(place: place, response: loop.problem(500, "the server did not answer this request")))
  }
}

/// Which request of which connection: the generation tells a connection from an earlier one in the same slot.
struct AnswerPlace: Sendable {
  let connection: ConnectionID
  let sequence: Int
}

struct ConnectionID: Sendable, Hashable {
  let slot: UInt32
  let generation: UInt32

  init(slot: UInt32, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }

  /// As epoll carries it.
  init(bits: UInt64) {
    self.init(slot: UInt32(truncatingIfNeeded: bits), generation: UInt32(truncatingIfNeeded: bits >> 32))
  }

  var bits: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}

struct Answer: Sendable {
  let place: AnswerPlace
  let response: Response
}
