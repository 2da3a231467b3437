import Domain
public import JSON
import Synchronization

/// How many calls a key may make: `perSecond` in the long run, `burst` at once. A batch of events is one call.
public struct RateLimit: Sendable, Hashable {
  public let perSecond: Double
  public let burst: Int64

  static let rates = 0.001...1_000_000.0
  static let bursts: ClosedRange<Int64> = 1...1_000_000

  public init(perSecond: Double, burst: Int64) { (self.perSecond, self.burst) = (perSecond, burst) }

  /// What a second brings, where nothing else is said; one at least.
  static func burst(of perSecond: Double) -> Int64 { Int64(perSecond.rounded(.up)) }

  public var json: JSONValue {
    ["per_second": JSONNumber(perSecond).map { .number($0) } ?? .null, "burst": .number(JSONNumber(burst))]
  }

  /// `{"per_second": 20, "burst"?: 40}`
  init?(_ node: JSONNode, at pointer: String, _ issues: inout [Issue]) {
    var reader = FieldReader(node, pointer: pointer, known: ["per_second", "burst"])
    defer { issues += reader.issues }
    let burst = reader.int("burst", in: Self.bursts)
    guard node.kind == .object else { return nil }
    guard let given = node["per_second"], !given.isNull else {
      reader.refuse("per_second", .missing, "expected `per_second`, got nothing", hint: "{\"per_second\": 20}")
      return nil
    }
    guard let rate = given.number?.double, Self.rates.contains(rate) else {
      reader.refuse("per_second", .badValue, "expected a number from 0.001 to 1000000", hint: "0.1 is six a minute")
      return nil
    }
    self.init(perSecond: rate, burst: burst ?? Self.burst(of: rate))
  }
}

/// A bucket that fills at a steady rate, as one number: when it will be full again (the "generic cell rate algorithm").
/// Any number of threads may take from it; none waits.
final class TokenBucket: Sendable {
  let limit: RateLimit
  /// Nanoseconds that one call costs, and that a full bucket holds.
  private let cost: Int64
  private let depth: Int64
  private let fullAt = Atomic<Int64>(.min / 2)

  init(_ limit: RateLimit) {
    self.limit = limit
    cost = Int64(1e9 / limit.perSecond)
    depth = cost * limit.burst
  }

  enum Outcome: Equatable {
    /// Calls that may follow at once; nanoseconds until the bucket is full.
    case taken(left: Int64, full: Int64)
    /// Nanoseconds until there is one.
    case empty(wait: Int64)
  }

  /// Whether nothing could be taken, at the same time in nanoseconds; nothing is.
  func isEmpty(at now: Int64) -> Bool { max(fullAt.load(ordering: .relaxed), now) + cost - now > depth }

  /// - Parameter now: nanoseconds of a clock that never steps.
  func take(now: Int64) -> Outcome {
    var seen = fullAt.load(ordering: .relaxed)
    while true {
      let next = max(seen, now) + cost
      guard next - now <= depth else { return .empty(wait: next - now - depth) }
      let (done, found) = fullAt.compareExchange(expected: seen, desired: next, ordering: .relaxed)
      if done { return .taken(left: (depth - (next - now)) / cost, full: next - now) }
      seen = found
    }
  }
}
