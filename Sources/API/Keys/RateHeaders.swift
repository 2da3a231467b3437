import HTTP

/// What a limited key is told with each answer: `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers,
/// and `Retry-After` with a 429.
extension TokenBucket {
  typealias Fields = [(name: String, value: String)]

  /// - Throws: 429 where nothing is left.
  func admit(now: Int64) throws(Problem) -> Fields {
    switch take(now: now) {
    case .taken(let left, let full): return fields(left: left, seconds: Self.seconds(full))
    case .empty(let wait):
      var problem = Problem.tooManyCalls(limit, retryAfterSeconds: Self.seconds(wait))
      problem.headers += fields(left: 0, seconds: Self.seconds(wait))
      throw problem
    }
  }

  private func fields(left: Int64, seconds: Int64) -> Fields {
    let window = max(1, Int64((Double(limit.burst) / limit.perSecond).rounded(.up)))
    return [
      ("RateLimit-Policy", "\"key\";q=\(limit.burst);w=\(window)"), ("RateLimit", "\"key\";r=\(left);t=\(seconds)"),
    ]
  }

  private static func seconds(_ nanoseconds: Int64) -> Int64 { (nanoseconds + 999_999_999) / 1_000_000_000 }
}

extension Problem {
  fileprivate static func tooManyCalls(_ limit: RateLimit, retryAfterSeconds: Int64) -> Problem {
    Problem(
      status: 429, code: "too_many_calls", title: "Too many calls with this key",
      detail:
        "expected at most \(limit.perSecond) calls a second with this key, \(limit.burst) at once; nothing was done",
      headers: [("Retry-After", String(max(1, retryAfterSeconds)))])
  }
}
