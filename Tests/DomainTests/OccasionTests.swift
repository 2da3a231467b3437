import Domain
import JSON
import Testing

/// When triggers by time let a contact in.
@Suite("Dates and schedules")
struct OccasionTests {
  private func trigger(_ text: String) throws -> Trigger {
    let document = try JSONDocument(
      parsing: Array(#"{"enter":\#(text),"steps":[{"exit":"done"}]}"#.utf8))
    let result = ChainParser.parse(document)
    #expect(result.errors == [])
    return try #require(result.chain?.triggers.first)
  }

  private func next(
    _ trigger: String, _ date: String, _ zone: String = "UTC", from: String, done: Int64? = nil
  ) throws -> String? {
    guard case .date(let rule) = try self.trigger(trigger).kind else { return nil }
    let zone = try #require(Zone(zone))
    let from = try #require(Timestamp(rfc3339: from))
    guard let date = OccasionDate(date, in: zone) else { return nil }
    return rule.next(date, in: zone, from: from, after: done).map { "\($0.number) \($0.at.rfc3339.prefix(16))" }
  }

  private static let birthday = #"{"date":"birthday","at":"10:00"}"#
  private static let before = #"{"date":"birthday","offset":"-3d","at":"10:00"}"#

  @Test(
    "a date comes once a year, at its local time",
    arguments: [
      (birthday, "1990-05-08", "UTC", "2026-03-02T09:00:00Z", Int64?.none, "2026 2026-05-08T10:00"),
      (birthday, "1990-05-08", "UTC", "2026-05-08T10:00:00Z", nil, "2026 2026-05-08T10:00"),
      (birthday, "1990-05-08", "UTC", "2026-05-08T10:00:00.001Z", nil, "2027 2027-05-08T10:00"),
      (birthday, "1990-05-08", "UTC", "2026-03-02T09:00:00Z", 2026, "2027 2027-05-08T10:00"),
      (birthday, "1990-05-08", "Asia/Tokyo", "2026-03-02T09:00:00Z", nil, "2026 2026-05-08T01:00"),
      // Of a moment the local day.
      (birthday, "1990-05-07T20:00:00Z", "Asia/Tokyo", "2026-03-02T09:00:00Z", nil, "2026 2026-05-08T01:00"),
      (birthday, "--05-08", "UTC", "2026-03-02T09:00:00Z", nil, "2026 2026-05-08T10:00"),
      (birthday, "05-08", "UTC", "2026-03-02T09:00:00Z", nil, "2026 2026-05-08T10:00"),
      // No day in the year before there was one.
      (birthday, "2028-05-08", "UTC", "2026-03-02T09:00:00Z", nil, "2028 2028-05-08T10:00"),
      // Days before: its number stays its own year's.
      (before, "1990-05-08", "UTC", "2026-03-02T09:00:00Z", nil, "2026 2026-05-05T10:00"),
      (before, "1990-01-02", "UTC", "2026-03-02T09:00:00Z", nil, "2027 2026-12-30T10:00"),
      (before, "1990-01-02", "UTC", "2026-12-30T10:00:01Z", nil, "2028 2027-12-30T10:00"),
      (
        #"{"date":"birthday","offset":"-60d","at":"10:00"}"#, "1990-03-01", "UTC", "2027-12-31T11:00:00Z", nil,
        "2028 2028-01-01T10:00"
      ),
      (
        #"{"date":"birthday","offset":"-60d","at":"10:00"}"#, "1990-03-01", "UTC", "2028-01-02T00:00:00Z", nil,
        "2029 2028-12-31T10:00"
      ),
      (
        #"{"date":"birthday","offset":"18y","at":"10:00"}"#, "2010-05-08", "UTC", "2026-03-02T09:00:00Z", nil,
        "2010 2028-05-08T10:00"
      ),
      // 29 February.
      (birthday, "2000-02-29", "UTC", "2026-01-01T00:00:00Z", nil, "2026 2026-02-28T10:00"),
      (birthday, "2000-02-29", "UTC", "2028-01-01T00:00:00Z", nil, "2028 2028-02-29T10:00"),
      (birthday, "--02-29", "UTC", "2100-01-01T00:00:00Z", nil, "2100 2100-02-28T10:00"),
      // Both changes of clocks: the first moment after the gap, the first of two.
      (
        #"{"date":"birthday","at":"02:30"}"#, "1990-03-29", "Europe/Paris", "2026-03-02T00:00:00Z", nil,
        "2026 2026-03-29T01:00"
      ),
      (
        #"{"date":"birthday","at":"02:30"}"#, "1990-10-25", "Europe/Paris", "2026-03-02T00:00:00Z", nil,
        "2026 2026-10-25T00:30"
      ),
      (
        #"{"date":"birthday","offset":"-1d","at":"10:00"}"#, "1990-03-30", "Europe/Paris", "2026-03-02T00:00:00Z", nil,
        "2026 2026-03-29T08:00"
      ),
    ])
  func yearly(
    _ trigger: String, _ date: String, _ zone: String, _ from: String, _ done: Int64?, _ expected: String
  ) throws {
    #expect(try next(trigger, date, zone, from: from, done: done) == expected)
  }

  @Test("a one-off comes on its own date alone, and moved once more")
  func once() throws {
    let trip = #"{"date":"trip","offset":"-1d","at":"09:00","once":true}"#
    #expect(try next(trip, "2026-05-08", from: "2026-03-02T00:00:00Z") == "20260508 2026-05-07T09:00")
    #expect(try next(trip, "2026-05-08", from: "2026-05-07T09:00:01Z") == nil)
    #expect(try next(trip, "2026-05-08", from: "2026-03-02T00:00:00Z", done: 20_260_508) == nil)
    #expect(
      try next(trip, "2026-06-01", from: "2026-05-09T00:00:00Z", done: 20_260_508) == "20260601 2026-05-31T09:00")
    #expect(try next(trip, "--05-08", from: "2026-03-02T00:00:00Z") == nil)
  }

  @Test(
    "what is no date has no occasion",
    arguments: ["", "8 May", "2026-02-30", "02-30", "-05-08", "---05-08", "13-01", "2026-5-8", "1990", "٠٥-٠٨"])
  func garbage(_ text: String) {
    #expect(OccasionDate(text, in: .utc) == nil)
  }

  private func times(_ trigger: String, from: String, count: Int = 3) throws -> [String] {
    guard case .schedule(let schedule) = try self.trigger(trigger).kind else { return [] }
    var times: [String] = []
    var last: Int64?
    let day = try #require(CivilDate(from, in: .utc))
    while times.count < count, let time = schedule.times.next(after: last, from: day) {
      #expect(schedule.times.time(time.number) == time)
      times.append(time.local.text)
      last = time.number
    }
    return times
  }

  @Test(
    "a recurrence finds its days",
    arguments: [
      (#""mon 10:00""#, "2026-03-02", ["2026-03-02T10:00", "2026-03-09T10:00", "2026-03-16T10:00"]),
      (#""day 23:59""#, "2026-12-31", ["2026-12-31T23:59", "2027-01-01T23:59", "2027-01-02T23:59"]),
      (#""31 09:00""#, "2026-02-01", ["2026-03-31T09:00", "2026-05-31T09:00", "2026-07-31T09:00"]),
      (#""last fri 18:00""#, "2026-03-02", ["2026-03-27T18:00", "2026-04-24T18:00", "2026-05-29T18:00"]),
      (#""5th mon 10:00""#, "2026-01-01", ["2026-03-30T10:00", "2026-06-29T10:00", "2026-08-31T10:00"]),
      // Two on one day, in their order; the same twice is one.
      (
        #"["mon 18:00","mon 09:00","mon 09:00","tue 12:00"]"#, "2026-03-02",
        ["2026-03-02T09:00", "2026-03-02T18:00", "2026-03-03T12:00"]
      ),
    ])
  func recurrences(_ every: String, _ from: String, _ expected: [String]) throws {
    #expect(try times(#"{"every":\#(every),"to":{"reachable":"email"}}"#, from: from) == expected)
  }

  @Test("a broadcast has one time; a recurrence at another hour is the same one of the day")
  func numbers() throws {
    let once = #"{"schedule":"2026-03-08T10:05","to":{"reachable":"email"}}"#
    #expect(try times(once, from: "2026-03-01") == ["2026-03-08T10:05"])
    #expect(try times(once, from: "2026-03-09") == [])
    func number(_ every: String) throws -> Int64? {
      guard case .schedule(let schedule) = try trigger(#"{"every":"\#(every)","to":{"reachable":"email"}}"#).kind
      else { return nil }
      return schedule.times.next(after: nil, from: try #require(CivilDate("2026-03-02", in: .utc)))?.number
    }
    #expect(try number("mon 10:00") == number("mon 11:00"))
    #expect(try number("mon 10:00") != number("tue 10:00"))
  }

  @Test("no clock shows a time before its earliest moment, nor first after its latest")
  func zones() throws {
    guard
      case .schedule(let schedule) = try trigger(#"{"schedule":"2026-03-08T10:00","to":{"reachable":"email"}}"#).kind,
      let time = schedule.times.next(after: nil, from: try #require(CivilDate("2026-03-01", in: .utc)))
    else {
      Issue.record("no time")
      return
    }
    #expect(time.earliest == Zone("Pacific/Kiritimati")?.moment(of: time.local))
    #expect(time.latest == Zone("Etc/GMT+12")?.moment(of: time.local))
  }

  @Test("a pace gives no more places in a time than its rate, and begins anew after a lull")
  func pace() throws {
    let rate = try #require(Rate("500/h"))
    var pace = Pace()
    let start = try #require(Timestamp(rfc3339: "2026-03-08T10:00:00Z"))
    let places = (0...500).map { _ in pace.place(from: start, at: rate) - start }
    #expect(places[0] == 0 && places[1] == 7_200 && places[500] == 3_600_000)
    #expect(pace.place(from: start + 7_200_000, at: rate) == start + 7_200_000)
    #expect(pace.place(from: start + 7_200_000, at: rate) == start + 7_207_200)
    pace.changeRate()
    #expect(pace.place(from: start, at: try #require(Rate("60/m"))) == start + 7_208_200)
  }
}
