import SQL
import Testing

@testable import API

@Suite struct MetricsTextTests {
  @Test("label values are escaped, families have one head")
  func escaping() {
    var text = MetricsText()
    text.family("zveno_events_accepted_total", .counter, "Events\nby \\ type.")
    text.sample("zveno_events_accepted_total", [("type", "a\"b\\c\nd")], 3)
    text.sample("zveno_events_accepted_total", [("type", "cart")], 4)
    #expect(
      String(decoding: text.bytes, as: UTF8.self) == #"""
        # HELP zveno_events_accepted_total Events\nby \\ type.
        # TYPE zveno_events_accepted_total counter
        zveno_events_accepted_total{type="a\"b\\c\nd"} 3
        zveno_events_accepted_total{type="cart"} 4

        """#)
  }

  @Test("a histogram's last bucket is its count")
  func histogram() {
    var histogram = Histogram()
    histogram.record(0.002)
    histogram.record(99)
    var text = MetricsText()
    text.histogram("zveno_x_seconds", [("route", "/v1/events")], histogram)
    let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(lines.contains(#"zveno_x_seconds_bucket{route="/v1/events",le="0.0025"} 1"#))
    #expect(lines.contains(#"zveno_x_seconds_bucket{route="/v1/events",le="5.0"} 1"#))
    #expect(lines.contains(#"zveno_x_seconds_bucket{route="/v1/events",le="+Inf"} 2"#))
    #expect(lines.contains(#"zveno_x_seconds_count{route="/v1/events"} 2"#))
  }
}
