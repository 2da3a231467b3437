import Delivery
import Domain

/// The far side of every channel: it remembers each message it was ever handed, whatever became of the process.
final class Provider {
  struct HandOver {
    let number: Int
    let claim: Claim
    let time: Int64
    let wall: Int64
    /// Which life of the server handed it over.
    let life: Int
    let answer: Outcome.Result
    /// The process has heard the answer.
    var isTold = false

    var isAccepted: Bool { if case .handed(.accepted) = answer { true } else { false } }
  }

  /// Permission for one more hand-over after so many.
  struct Allowance: Hashable {
    let message: Int64
    let after: Int
  }

  private(set) var handOvers: [HandOver] = []
  private(set) var numbers: [Int64: [Int]] = [:]
  /// A person asked for another try.
  var retriesAsked: Set<Allowance> = []
  private let seed: UInt64
  private let weather: Weather
  /// Towards the end all goes well.
  var isCalm = false

  init(seed: UInt64, weather: Weather) { (self.seed, self.weather) = (seed, weather) }

  func handOvers(of message: Int64) -> [HandOver] { (numbers[message] ?? []).map { handOvers[$0] } }

  /// What a life has handed over and not heard of again.
  func open(inLife life: Int) -> [HandOver] { handOvers.filter { $0.life == life && !$0.isTold } }

  /// - Returns: the hand-over, and after how many milliseconds it is answered.
  func receive(_ claim: Claim, time: Int64, wall: Int64, life: Int) -> (HandOver, delay: Int64) {
    // By how often it came, and not by the try: one that was throttled comes again as the same try.
    let before = handOvers(of: claim.message)
    var chance = Chance(seed, for: "answer \(claim.message) \(before.count)")
    var answer = answer(&chance)
    // Who knows a message by its key says of it what he has said before.
    let knowsKeys = SimulatedDispatch.lines[claim.channel]?.mayRepeat ?? false
    if knowsKeys, before.contains(where: \.isAccepted) { answer = .handed(.accepted(providerID: "p")) }
    let handOver = HandOver(
      number: handOvers.count, claim: claim, time: time, wall: wall, life: life, answer: answer)
    handOvers.append(handOver)
    numbers[claim.message, default: []].append(handOver.number)
    return (handOver, isCalm ? 5 : chance.pick([1, 5, 40, 300, 2_000, 60_000]))
  }

  func tell(_ number: Int) { handOvers[number].isTold = true }

  private func answer(_ chance: inout Chance) -> Outcome.Result {
    guard !isCalm, chance.hits(weather.providerFaults) else { return .handed(.accepted(providerID: "p")) }
    switch chance.below(weather.throttles ? 6 : 5) {
    case 0: return .handed(.rejected(reason: "550 no such user"))
    case 1: return .handed(.retry(afterSeconds: nil, reason: "451 later"))
    case 2: return .handed(.retry(afterSeconds: Double(chance.between(1, 7200)), reason: "503"))
    case 3: return .handed(.unknown(reason: "time-out after DATA"))
    case 4: return .unrenderable(code: "missing_value", detail: "contact.first_name")
    default: return .handed(.throttled(afterSeconds: Double(chance.between(1, 900)), reason: "429"))
    }
  }
}
