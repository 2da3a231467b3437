import CCurl

/// The header Retry-After (RFC 9110 §10.2.3): seconds or a date.
enum RetryAfter {
  /// For what cannot be read, and where a pause is asked for without saying how long.
  static let defaultSeconds = 60.0
  /// No provider stops a channel for longer.
  static let maxSeconds = 3600.0

  /// Nil when there is no such header. `now`: milliseconds since 1970.
  static func seconds(_ text: String?, now: Int64) -> Double? {
    guard let text else { return nil }
    let isNumber = !text.isEmpty && text.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
    if isNumber { return bounded(Double(text) ?? maxSeconds) }
    let moment = curl_getdate(text, nil)
    return moment > 0 ? bounded(Double(moment) - Double(now) / 1000) : defaultSeconds
  }

  /// At least a second: a time that is past means soon, not at once and again.
  private static func bounded(_ seconds: Double) -> Double { max(1, min(seconds, maxSeconds)) }
}
