import Domain
import JSON
import Synchronization
import Testing
import Threads

@testable import Delivery

@Suite("A channel's line", .timeLimit(.minutes(1))) struct LineTests {
  private let provider = Provider(connections: 4)
  private let settled = Monitor<[Settlement]>([])
  private let line: Line

  private struct Settlement {
    let message: Int64
    let result: Outcome.Result
    let wantsMore: Bool
  }

  init() throws {
    let templates = TemplateCatalog(shop: Fixture.shop) { _, _ in (1, #"{"text":"Hello"}"#) }
    let key = try #require(LinkSigner.Key(id: 1, secret: Array(repeating: 7, count: 32)))
    let tracker = Tracker(publicURL: "https://go.shop.example", signer: LinkSigner(key))
    let renderer = Renderer(templates: templates, tracker: tracker, shop: [:], instance: "test")
    line = Line(
      channel: "email", adapter: provider, renderer: renderer, monotonic: { [provider] in provider.nanoseconds }
    ) { [settled] outcome, wantsMore in
      settled.update {
        $0.append(Settlement(message: outcome.claim.message, result: outcome.result, wantsMore: wantsMore))
      }
    }
    line.start()
  }

  private func claims(_ messages: ClosedRange<Int64>) -> [Claim] {
    messages.map { message in
      Claim(
        message: message, attempt: 1, run: 1, dueAt: Timestamp(milliseconds: 0), contact: 1, contactID: "c1",
        chain: "a", chainNumber: 1, version: 1, step: "1", channel: "email", purpose: .transactional,
        address: "c1@shop.example", name: nil, locale: nil, zone: .utc, template: "a", templateVersion: 1, values: [:],
        queue: nil, deadline: nil)
    }
  }

  /// Blocks until so many have come back.
  private func settlements(_ count: Int) -> [Settlement] { settled.wait { $0.count >= count ? $0 : nil } }

  /// All four connections hand one message over, each so long.
  private func handFourOver(nanoseconds: Int64) {
    line.add(claims(1...4))
    provider.await(atHand: [1, 2, 3, 4])
    provider.pass(nanoseconds)
    for message in Int64(1)...4 { provider.answer(message, .accepted(providerID: nil)) }
    _ = settlements(4)
  }

  private func finish() {
    line.close()
    provider.answerAll()
    #expect(line.end(before: .max))
  }

  @Test func `takes a message for each connection, before anybody knows how quick its provider is`() {
    #expect(line.free == 4)
    line.add(claims(1...3))
    #expect(line.free == 1)
    finish()
  }

  @Test func `takes as many again where hand-overs are quick`() {
    handFourOver(nanoseconds: Line.quickNanoseconds)
    #expect(line.free == 8)
    line.add(claims(5...12))
    #expect(line.free == 0)
    provider.await(atHand: [5, 6, 7, 8])
    finish()
    #expect(settlements(12).count(where: { $0.result == .untouched }) == 4, "what waited comes back as it was")
  }

  @Test func `takes no more than it has connections where hand-overs are slow`() {
    handFourOver(nanoseconds: Line.quickNanoseconds + 1)
    #expect(line.free == 4)
    finish()
  }

  @Test func `says that it wants more when half of its connections will soon have nothing to do`() {
    handFourOver(nanoseconds: 0)
    line.add(claims(5...12))
    provider.await(atHand: [5, 6, 7, 8])
    for (message, next) in zip(Int64(5)..., Int64(9)...12) {
      provider.answer(message, .accepted(providerID: nil))
      provider.await(atHand: [next])
    }
    #expect(settlements(8).dropFirst(4).map(\.wantsMore) == [false, false, true, true])
    finish()
  }

  @Test func `gives back what has waited for a provider who stalled, so that the gate is asked again`() {
    handFourOver(nanoseconds: 0)
    line.add(claims(5...12))
    provider.await(atHand: [5, 6, 7, 8])
    provider.pass(Line.freshNanoseconds + 1)
    provider.answer(5, .accepted(providerID: nil))
    let ended = settlements(9).dropFirst(4)
    #expect(ended.first?.result == .handed(.accepted(providerID: nil)))
    #expect(ended.dropFirst().map(\.message) == [9, 10, 11, 12])
    #expect(ended.dropFirst().allSatisfy { $0.result == .untouched })
    finish()
  }

  @Test func `gives back what waits when the provider asks for patience`() {
    handFourOver(nanoseconds: 0)
    line.add(claims(5...12))
    provider.await(atHand: [5, 6, 7, 8])
    provider.answer(5, .throttled(afterSeconds: 60, reason: "too many"))
    let ended = settlements(9).dropFirst(4)
    #expect(ended.first?.result == .handed(.throttled(afterSeconds: 60, reason: "too many")))
    #expect(ended.dropFirst().map(\.message) == [9, 10, 11, 12])
    #expect(ended.dropFirst().allSatisfy { $0.result == .untouched && $0.wantsMore })
    finish()
  }
}

/// An adapter whose connections answer when the test says so, and a clock that it moves.
private final class Provider: ChannelAdapter, Sendable {
  let connections: Int
  let isIdempotent = false
  let opensTask = false
  private let state = Monitor(State())
  private let clock = Mutex<Int64>(0)

  private struct State {
    var atHand: Set<Int64> = []
    var answers: [Int64: HandOver] = [:]
    var answersAll = false
  }

  init(connections: Int) { self.connections = connections }

  var nanoseconds: Int64 { clock.withLock { $0 } }

  func pass(_ nanoseconds: Int64) { clock.withLock { $0 += nanoseconds } }

  func connect() -> any ChannelConnection { Session(self) }

  /// Blocks until connections have these in hand.
  func await(atHand messages: Set<Int64>) {
    let _: Bool = state.wait { messages.isSubset(of: $0.atHand) ? true : nil }
  }

  func answer(_ message: Int64, _ answer: HandOver) { state.update { $0.answers[message] = answer } }

  func answerAll() { state.update { $0.answersAll = true } }

  private final class Session: ChannelConnection {
    private let provider: Provider

    init(_ provider: Provider) { self.provider = provider }

    func send(_ message: OutgoingMessage) -> HandOver {
      provider.state.update { _ = $0.atHand.insert(message.id) }
      return provider.state.wait { state in
        state.answers[message.id] ?? (state.answersAll ? .accepted(providerID: nil) : nil)
      }
    }

    func close() {}
  }
}
