import Domain
import Testing

@Suite("Quintiles")
struct QuintilesTests {
  /// Ten values whose fifths a spreadsheet gives as `=PERCENTILE.INC(A1:A10,0.2)` and so on: 2.8, 4.6, 6.4, 8.2.
  @Test func `are interpolated between the two nearest values`() throws {
    let quintiles = try #require(Quintiles(count: 10) { Int64($0 + 1) })
    #expect(quintiles.fifths == [14, 23, 32, 41])
    #expect((1...10).map { quintiles.score(of: $0) } == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
  }

  @Test func `of one value are that value, and the value is beyond none of them`() throws {
    let quintiles = try #require(Quintiles(count: 1) { _ in 7 })
    #expect(quintiles.fifths == [35, 35, 35, 35])
    #expect([6, 7, 8].map { quintiles.score(of: $0) } == [1, 1, 5])
  }

  @Test func `of nothing are nothing`() { #expect(Quintiles(count: 0) { _ in 0 } == nil) }

  @Test func `are read back only if they ascend`() {
    #expect(Quintiles(fifths: [1, 1, 2, 9])?.fifths == [1, 1, 2, 9])
    #expect(Quintiles(fifths: [1, 3, 2, 9]) == nil)
    #expect(Quintiles(fifths: [1, 2, 3]) == nil)
  }

  /// 2,357 customers over 78 weeks after the shape of the CDNOW sample: most buy once in the first twelve weeks, a few
  /// all the time. The numbers come from Python's `statistics.quantiles(…, n=5, method='inclusive')` over the same data.
  @Test func `of a shop's customers are those that a spreadsheet gives`() throws {
    let customers = Self.customers()
    #expect(customers.map(\.count).reduce(0, +) == 5_369)
    #expect(customers.map(\.sum.tenThousandths).reduce(0, +) == 6_215_054 * 100)
    let now = Timestamp(milliseconds: 546 * Self.day)
    let boundaries = try Self.boundaries(of: customers, at: now)
    // 177.4, 467.4, 493 and 520 days; 1, 1, 1 and 2 purchases; 7.95, 12.594, 18.362 and 28.652.
    #expect(boundaries.recency.fifths == [887, 2_337, 2_465, 2_600].map { $0 * Self.day })
    #expect(boundaries.frequency.fifths == [5, 5, 5, 10])
    #expect(boundaries.monetary.fifths == [397_500, 629_700, 918_100, 1_432_600])

    let cells = customers.map { boundaries.state(of: $0, at: now).cell }
    func counts(_ score: (RfmCell) -> Int) -> [Int] { (1...5).map { wanted in cells.count { score($0) == wanted } } }
    #expect(counts(\.recency) == [462, 477, 475, 471, 472])
    #expect(counts(\.frequency) == [1_458, 0, 0, 460, 439])
    #expect(counts(\.monetary) == [474, 469, 471, 471, 472])
    #expect(Set(cells).count == 41)
    #expect(cells.count { $0.text == "555" } == 300)
    #expect(cells.count { $0.text == "111" } == 161)
    #expect(cells.count { $0.text == "212" } == 152)
  }

  @Test func `time alone takes recency down to the millisecond and no sooner`() throws {
    let customers = Self.customers()
    let start = Timestamp(milliseconds: 546 * Self.day)
    let boundaries = try Self.boundaries(of: customers, at: start)
    for figures in customers.prefix(200) {
      var state = boundaries.state(of: figures, at: figures.lastAt)
      #expect(state.cell.recency == 5)
      var falls = 0
      while let next = state.nextChange {
        #expect(boundaries.state(of: figures, at: next + -1).cell == state.cell)
        let after = boundaries.state(of: figures, at: next)
        #expect(after.cell.recency < state.cell.recency)
        #expect(after.cell.frequency == state.cell.frequency && after.cell.monetary == state.cell.monetary)
        state = after
        falls += 1
      }
      #expect(falls == 4 && state.cell.recency == 1)
    }
  }
}

extension QuintilesTests {
  static let day: Int64 = 86_400_000

  static func boundaries(of customers: [RfmFigures], at now: Timestamp) throws -> RfmBoundaries {
    func quintiles(_ measure: (RfmFigures) -> Int64) throws -> Quintiles {
      let sorted = customers.map(measure).sorted()
      return try #require(Quintiles(count: sorted.count) { sorted[$0] })
    }
    return RfmBoundaries(
      version: 1, computedAt: now, contacts: Int64(customers.count),
      recency: try quintiles { RfmBoundaries.age($0.lastAt, at: now) }, frequency: try quintiles(\.count),
      monetary: try quintiles(\.sum.tenThousandths))
  }

  /// Python draws the same.
  static func customers() -> [RfmFigures] {
    var state: UInt64 = 20_260_302
    func draw(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }
    return (0..<2_357).map { _ in
      let first = draw(84)
      let luck = draw(100)
      let again = luck < 60 ? 0 : luck < 80 ? 1 : luck < 90 ? 2 : luck < 95 ? 3 + draw(3) : 6 + draw(20)
      let days = [first] + (0..<again).map { _ in first + draw(546 - first) }
      let cents = days.map { _ in 595 + draw(40) * draw(60) }
      return RfmFigures(
        lastAt: Timestamp(milliseconds: Int64(days.max() ?? 0) * day), count: Int64(days.count),
        sum: Amount(tenThousandths: Int64(cents.reduce(0, +)) * 100))
    }
  }
}
