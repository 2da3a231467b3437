import Domain
import Retention
import SQL
import Testing

/// Thirty days of the same load.
@Suite struct GrowthTests {
  /// Pages of the file at the end of each day.
  private func pages(_ policy: RetentionPolicy, days: Int) throws -> (shop: Shop, pages: [Int64]) {
    let shop = try Shop(
      policy, chain: #"{"enter":{"event":"cart"},"steps":[{"wait":"1h"},{"send":"email","template":"a"}]}"#)
    var pages: [Int64] = []
    for day in 0..<days {
      for hour in 0..<24 {
        try shop.append("view", "c\((day * 7 + hour) % 50)", times: 12)
        try shop.append("cart", "c\((day * 11 + hour) % 50)", times: 2)
        try shop.append("search", "c\((day * 13 + hour) % 50)", times: 2)
        shop.clock.set(shop.clock.now + Shop.hour)
        try shop.settle()
      }
      pages += try shop.query("PRAGMA page_count") { $0.int(0) }
    }
    return (shop, pages)
  }

  @Test("under constant load a file with retention stops growing, and one without does not")
  func staysBounded() throws {
    let policy = RetentionPolicy(
      events: Span(days: 9), types: ["view": Span(days: 7)], messages: Span(days: 8), traces: Span(days: 8))
    let (shop, pages) = try pages(policy, days: 30)
    let settled = try #require(pages[10..<16].max())
    let later = try #require(pages[16...].max())
    #expect(Double(later) <= Double(settled) * 1.05, "pages at the end of each day: \(pages)")
    #expect(try shop.query("PRAGMA integrity_check") { $0.text(0) } == ["ok"])
    let (events, timeline) = (try shop.count("events"), try shop.count("timeline"))
    #expect(timeline <= events * 3 / 2, "\(timeline) rows for \(events) events")
    #expect(try shop.count("runs") < 700)
    #expect(shop.stages.retention?.metrics["runs"] ?? 0 > 0)
    try RetentionTests.checkBooks(shop)

    let control = try self.pages(RetentionPolicy(), days: 20).pages
    #expect(Double(control[19]) >= Double(control[9]) * 1.5, "\(control)")
  }
}
