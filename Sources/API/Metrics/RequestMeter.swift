import SQL
import Synchronization

/// Counts answers and how long they took, by route: never by path, which callers choose.
public final class RequestMeter: Sendable {
  private struct Key: Hashable {
    let method: String
    let route: String
  }

  private struct Figures {
    /// The one that alerts ask for is there before it happens: `increase()` sees no burst that a series begins with.
    var statuses = [503: 0]
    var seconds = Histogram()
  }

  private let figures = Mutex<[Key: Figures]>([:])

  /// What no route was found for.
  private static let none = Key(method: "", route: "")

  public init() {}

  /// Shows a route before its first call.
  func expect(_ route: Route) {
    let key = Key(method: route.method, route: route.pattern.text)
    figures.withLock { figures in figures[key] = figures[key] ?? Figures() }
  }

  func count(_ route: Route?, status: Int, seconds: Double) {
    let key = route.map { Key(method: $0.method, route: $0.pattern.text) } ?? Self.none
    figures.withLock { figures in
      figures[key, default: Figures()].statuses[status, default: 0] += 1
      figures[key, default: Figures()].seconds.record(seconds)
    }
  }

  public func write(_ text: inout MetricsText) {
    let figures = self.figures.withLock { $0 }.sorted { ($0.key.route, $0.key.method) < ($1.key.route, $1.key.method) }
    text.family("zveno_http_requests_total", .counter, "Requests answered, by route and status.")
    for (key, figures) in figures {
      for (status, count) in figures.statuses.sorted(by: { $0.key < $1.key }) {
        text.sample("zveno_http_requests_total", Self.labels(key) + [("status", String(status))], count)
      }
    }
    text.family("zveno_http_request_seconds", .histogram, "From the request's last byte to its answer, by route.")
    for (key, figures) in figures where figures.seconds.count > 0 {
      text.histogram("zveno_http_request_seconds", Self.labels(key), figures.seconds)
    }
  }

  private static func labels(_ key: Key) -> [(String, String)] {
    [("method", key.method), ("route", key.route)]
  }
}
