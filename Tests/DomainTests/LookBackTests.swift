import Domain
import JSON
import Testing

/// Visits are kept for fourteen days.
@Suite("Looking back to a moment of the run")
struct LookBackTests {
  private static let ifNotVisited = #"{"if":{"did_not":"visit"},"then":[{"exit":"away"}]}"#

  private func findings(_ steps: String, more: String = "") throws -> ChainParser.Result {
    var references = References(
      channels: ["email": ChannelPolicy(hours: ClockSpan("09:00..20:00"))], templates: ["a"])
    references.retention = RetentionPolicy(events: Span(months: 24), types: ["visit": Span(days: 14)])
    let text = #"{"enter":{"event":"cart"},\#(more)"steps":[\#(steps)]}"#
    return ChainParser.parse(try JSONDocument(parsing: Array(text.utf8)), references: references)
  }

  /// Where there are errors, and nothing is doubted.
  private func errors(_ steps: String, more: String = "") throws -> [String] {
    let result = try findings(steps, more: more)
    #expect(result.warnings == [])
    #expect(result.errors.allSatisfy { $0.code == .badValue && $0.detail.contains("kept for 14d") })
    return result.errors.map(\.pointer)
  }

  @Test("a condition since entry is refused behind waits that are longer than its events are kept")
  func sinceEntry() throws {
    let long = try findings(#"{"wait":"30d"},"# + Self.ifNotVisited)
    #expect(long.errors.map(\.pointer) == ["/steps/1/if"])
    #expect(
      long.errors.first?.detail
        == "this may look 30d back, since the run entered, and events of the type \"visit\" are kept for 14d")
    #expect(try errors(#"{"wait":"14d"},"# + Self.ifNotVisited) == [])
    #expect(try errors(#"{"wait":"7d"},{"wait":"7d"},{"wait":"1h"},"# + Self.ifNotVisited) == ["/steps/3/if"])
    #expect(try errors(#"{"wait":"30d"},{"if":{"did_not":"view"},"then":[{"exit":"away"}]}"#) == [])
    #expect(try errors(#"{"wait":"30d"},{"if":{"did":"visit","within":"14d"},"then":[{"exit":"x"}]}"#) == [])
  }

  @Test("the latest of events that are not kept for ever is doubted, unless it lets the run in")
  func latest() throws {
    let value = #"{"send":"email","template":"a","data":{"x":{"from":"latest.visit.page"}}}"#
    let condition = #"{"if":{"latest":"visit","where":{"page":"home"}},"then":[{"exit":"x"}]}"#
    for (step, pointer) in [(value, "/steps/0/data/x/from"), (condition, "/steps/0/if/latest")] {
      let found = try findings(step)
      #expect(found.errors == [] && found.warnings.map(\.pointer) == [pointer])
      #expect(found.warnings.first?.detail.contains("is known for 14d") == true)
      #expect(try findings(step.replacing("visit", with: "cart")).warnings == [])
      #expect(try findings(step.replacing("visit", with: "view")).warnings == [])
    }
  }

  @Test("every kind of step counts at its longest, and of two ways the longer one")
  func longestWay() throws {
    for (step, days) in [
      (#"{"wait":"1d..5d"}"#, 5), (#"{"wait":"1h..5h"},{"send":"email","template":"a","hold":"1h"}"#, 2),
      (#"{"send":"email","template":"a"}"#, 1), (#"{"send":"email","template":"a","hold":"9d"}"#, 9),
      (#"{"wait_until":"10:00"}"#, 1), (#"{"wait_until":"10:00","on":["mon","1st fri"]}"#, 7),
      (#"{"wait_for":{"did":"cart"},"at_most":"3d","then":[{"wait":"2d"}],"else":[{"wait":"1d"}]}"#, 5),
      (#"{"if":{"did":"cart"},"then":[{"wait":"2d"},{"exit":"x"}],"else":[{"wait":"1d"}]}"#, 1),
      (#"{"choose":[{"when":{"did":"cart"},"steps":[{"wait":"2d"}]}],"otherwise":[{"wait":"3d"}]}"#, 3),
      (#"{"split":[{"name":"A","weight":1,"steps":[{"wait":"2d"}]},{"name":"B","weight":1,"steps":[]}]}"#, 2),
      (#"{"escalate":[{"send":"email","template":"a","patience":"2d"},{"send":"email","template":"a"}]}"#, 4),
    ] {
      let index = step.hasPrefix(#"{"wait":"1h"#) ? 3 : 2
      #expect(try errors(#"\#(step),{"wait":"\#(14 - days)d"},\#(Self.ifNotVisited)"#) == [], "\(step)")
      let longer = try errors(#"\#(step),{"wait":"\#(15 - days)d"},\#(Self.ifNotVisited)"#)
      #expect(longer == ["/steps/\(index)/if"], "\(step)")
    }
    let months = #"{"if":{"did":"cart"},"then":[{"wait":"1mo"}],"else":[{"wait":"30d"}]},{"if":{"did":"x"},"then":[]}"#
    for (kept, fits) in [(Span(months: 1), false), (Span(days: 30), false), (Span(months: 2), true)] {
      var references = References(channels: [:], templates: [])
      references.retention = RetentionPolicy(types: ["x": kept])
      let document = try JSONDocument(parsing: Array(#"{"enter":{"event":"cart"},"steps":[\#(months)]}"#.utf8))
      #expect(ChainParser.parse(document, references: references).errors.isEmpty == fits, "\(kept.text)")
    }
  }

  @Test("a window since a step, and a wait that counts from one, begin where that step ended")
  func sinceSteps() throws {
    let since = #"{"if":{"did_not":"visit","since":"first"},"then":[{"exit":"away"}]}"#
    #expect(try errors(#"{"wait":"30d","id":"first"},{"wait":"14d"},"# + since) == [])
    #expect(try errors(#"{"wait":"1d","id":"first"},{"wait":"15d"},"# + since) == ["/steps/2/if/since"])
    #expect(try errors(#"{"wait":"10d"},{"wait":"14d","since":"enter"},"# + Self.ifNotVisited) == [])
    #expect(try errors(#"{"wait":"4d","id":"first"},{"wait":"10d","since":"first"},"# + Self.ifNotVisited) == [])
    #expect(
      try errors(#"{"wait":"5d","id":"first"},{"wait":"10d","since":"first"},"# + Self.ifNotVisited) == ["/steps/2/if"])
    // Who has not passed it waits from when he came.
    let aside = #"{"if":{"did":"cart"},"then":[{"wait":"1d","id":"first"}],"else":[{"wait":"5d"}]}"#
    #expect(try errors(aside + #",{"wait":"10d","since":"first"},"# + Self.ifNotVisited) == ["/steps/2/if"])
  }

  @Test("what counts or says no is asked until the end of a wait, and of the run")
  func duringWaits() throws {
    func waiting(_ condition: String, _ atMost: String) -> String {
      #"{"wait_for":\#(condition),"at_most":"\#(atMost)","then":[{"exit":"x"}]}"#
    }
    let twice = #"{"did":"visit","times":{">=":2}}"#
    #expect(try errors(waiting(twice, "15d")) == ["/steps/0/wait_for"])
    #expect(try errors(#"{"wait":"30d"},"# + waiting(twice, "14d")) == [])
    let stops = #""stop_when":[{"did":"visit","times":{">=":2},"since":"enter"}],"#
    #expect(try errors(#"{"wait":"14d"}"#, more: stops) == [])
    #expect(try errors(#"{"wait":"14d"},{"wait":"1h"}"#, more: stops) == ["/stop_when/0/since"])
    #expect(try errors(#"{"wait":"15d"}"#, more: #""only_if":{"did":"visit","since":"enter"},"#) == [])
    let flag = #"{"send":"email","template":"a","flags":{"seen":{"did":"visit"}},"hold":"2d"}"#
    #expect(try errors(#"{"wait":"12d"},"# + flag) == [])
    #expect(try errors(#"{"wait":"13d"},"# + flag) == ["/steps/1/flags/seen"])
  }

  @Test("an event that ends what waits for it is not asked for later")
  func seenAsItHappens() throws {
    func waiting(_ condition: String) -> String {
      #"{"wait":"1d"},{"wait_for":\#(condition),"at_most":"30d","then":[{"exit":"x"}]}"#
    }
    let visit = #"{"did":"visit","where":{"total":{">":5}},"same":"sku"}"#
    #expect(try errors(waiting(#"{"any":[{"clicked":"last"},\#(visit)]}"#)) == [])
    #expect(try errors(waiting(#"{"all":[{"contact":{"age":1}},\#(visit)]}"#)) == ["/steps/1/wait_for/all/1"])
    #expect(try errors(waiting(#"{"did":"visit","where":{"sku":{"from":"contact.sku"}}}"#)) == ["/steps/1/wait_for"])
    #expect(
      try errors(#"{"wait":"14d"},"# + waiting(#"{"did":"visit","since":"enter"}"#)) == ["/steps/2/wait_for/since"])
    for stop in [#"{"did":"visit"}"#, #"[{"any":[{"did":"visit","same":"sku"},{"did":"cart"}]}]"#] {
      #expect(try errors(#"{"wait":"30d"}"#, more: #""stop_when":\#(stop),"#) == [])
    }
    let other = try findings(#"{"wait":"30d","reset_on":"cart"}"#, more: #""stop_when":{"did":"visit","same":"sku"},"#)
    #expect(other.errors.map(\.pointer) == ["/stop_when"])
  }

  @Test("`at_end` asks however late the run ends, and an escalation for the goal when it begins")
  func endsAndEscalations() throws {
    let atEnd = #""at_end":[{"if":{"did_not":"visit"},"then":[{"list":"away","add":true}]}],"#
    #expect(try errors(#"{"wait":"14d"}"#, more: atEnd) == [])
    #expect(try errors(#"{"wait":"15d"},{"exit":"x"}"#, more: atEnd) == ["/at_end/0/if"])
    let escalation = #"{"escalate":[{"send":"email","template":"a","patience":"60d"},{"send":"email","template":"a"}]}"#
    let goal = #""goal":{"did":"visit","within":"90d"},"#
    #expect(try errors(#"{"wait":"13d"},\#(escalation)"#, more: goal) == [])
    #expect(try errors(#"{"wait":"30d"},\#(escalation)"#, more: goal) == ["/steps/1/escalate/0"])
    #expect(try errors(#"{"wait":"30d"},\#(escalation)"#) == [])
  }

  @Test("behind a date, or a wait that begins anew again and again, it is doubted")
  func unknown() throws {
    func doubts(_ steps: String) throws -> [String] {
      let result = try findings(steps)
      #expect(result.errors == [])
      return result.warnings.map(\.pointer)
    }
    let date = #"{"wait_until":{"date":"contact.trip"},"at":"10:00","id":"trip"},"#
    #expect(try doubts(date + Self.ifNotVisited) == ["/steps/1/if"])
    #expect(try doubts(date + #"{"if":{"did":"visit","since":"trip"},"then":[{"exit":"x"}]}"#) == [])
    #expect(try doubts(#"{"wait":"1d","reset_on":"cart"},"# + Self.ifNotVisited) == ["/steps/1/if"])
    #expect(try doubts(#"{"wait":"1h","reset_on":"cart"},"# + Self.ifNotVisited) == [])
  }
}
