import Domain
import JSON
import Testing

/// (run, edit, now) → where the run stands in the new version.
@Suite("A run that follows an edit")
struct FollowTests {
  struct Edit: CustomTestStringConvertible {
    let testDescription: String
    let old: String
    let new: String
    /// Index in the old program.
    var at = 0
    /// When the edit comes; the step began at 09:00 and was due at 10:00.
    var now = "2026-03-02T09:30:00Z"
    /// Index in the new program.
    var step = 0
    /// Nil: it has not begun.
    var due: String?
  }

  static let edits = [
    Edit(
      testDescription: "an untouched wait keeps its end", old: #"[{"wait":"1h"}]"#,
      new: #"[{"wait":"1h"},{"set":{"x":1}}]"#, due: "2026-03-02T10:00:00Z"),
    Edit(
      testDescription: "a longer wait counts from its start", old: #"[{"wait":"1h"}]"#, new: #"[{"wait":"3h"}]"#,
      due: "2026-03-02T12:00:00Z"),
    Edit(
      testDescription: "a wait that would be over is due at once", old: #"[{"wait":"1h"}]"#, new: #"[{"wait":"10m"}]"#,
      due: "2026-03-02T09:30:00Z"),
    Edit(
      testDescription: "a named wait is the same one elsewhere", old: #"[{"wait":"1h","id":"w"}]"#,
      new: #"[{"set":{"x":1}},{"wait":"2h","id":"w"}]"#, step: 1, due: "2026-03-02T11:00:00Z"),
    Edit(
      testDescription: "a wait becomes a clock time after its start", old: #"[{"wait":"1h","id":"w"}]"#,
      new: #"[{"wait_until":"09:15","id":"w"}]"#, due: "2026-03-02T09:30:00Z"),
    Edit(
      testDescription: "a wait for something has another limit",
      old: #"[{"wait_for":{"did":"visit"},"at_most":"1h"}]"#, new: #"[{"wait_for":{"did":"visit"},"at_most":"90m"}]"#,
      due: "2026-03-02T10:30:00Z"),
    Edit(
      testDescription: "a step that does something else now begins anew", old: #"[{"wait":"1h","id":"w"}]"#,
      new: #"[{"send":"email","template":"a","id":"w"}]"#),
    Edit(
      testDescription: "a deleted step leads before the next", old: #"[{"wait":"1h","id":"w"},{"wait":"2h"}]"#,
      new: #"[{"wait":"2h"}]"#),
    Edit(
      testDescription: "the last step deleted leads to the end", old: #"[{"set":{"x":1}},{"wait":"1h"}]"#,
      new: #"[{"set":{"x":1}}]"#, at: 1, step: 1),
  ]

  @Test("goes on at the same step, and a wait counts from its start", arguments: edits)
  func follows(_ edit: Edit) throws {
    let (old, new) = (try StepMatchingTests.chain(edit.old), try StepMatchingTests.chain(edit.new))
    let now = try #require(Timestamp(rfc3339: edit.now))
    let (before, run) = try follow(edit.at, old, new, now)
    #expect(run.version == 2)
    #expect(run.step == edit.step)
    #expect(run.stepDueAt?.rfc3339 == edit.due.flatMap { Timestamp(rfc3339: $0)?.rfc3339 })
    // It is looked at once, and nothing else has happened.
    #expect(run.dueAt == now)
    #expect((run.stepStart == before.stepStart) == (edit.due != nil))
    #expect(run.state == .active)
    #expect(run.data == before.data)
  }

  @Test("an edit of names and notes leaves a run as it is")
  func ignoresNotes() throws {
    let old = try StepMatchingTests.chain(#"[{"wait":"1h"}]"#)
    let new = try StepMatchingTests.chain(#"[{"wait":"1h","note":"an hour"}]"#, more: #""name":"Cart","#)
    var (before, run) = try follow(0, old, new, Timestamp(milliseconds: 0))
    (before.version, run.version) = (0, run.version == 2 ? 0 : -1)
    #expect(run == before)
  }

  @Test("the ends of steps that conditions count from go with the steps")
  func movesMarks() throws {
    let since = #"{"if":{"did":"visit","since":"s"},"then":[{"exit":"enough"}]}"#
    let old = try StepMatchingTests.chain(#"[{"set":{"x":1},"id":"s"},{"wait":"1h","id":"w"},\#(since)]"#)
    let new = try StepMatchingTests.chain(
      #"[{"set":{"y":1}},{"set":{"x":1},"id":"s"},{"wait":"1h","id":"w"},\#(since)]"#)
    let mark = LogMoment(at: Timestamp(milliseconds: 5), seq: 3)
    let (_, run) = try follow(1, old, new, Timestamp(milliseconds: 0), marks: [0: mark])
    #expect(run.marks == [1: mark])
  }

  private func follow(
    _ step: Int, _ old: (chain: Chain, text: JSONNode), _ new: (chain: Chain, text: JSONNode), _ now: Timestamp,
    marks: [Int: LogMoment] = [:]
  ) throws -> (before: Run, after: Run) {
    let start = try #require(Timestamp(rfc3339: "2026-03-02T09:00:00Z"))
    let trigger = EventFact(seq: 4, at: start, type: "cart", properties: .object([:]))
    let due = start + 3_600_000
    let run = Run(
      id: 1, chain: 1, version: 1, contact: 7, key: "", state: .active, step: step, enteredAt: start,
      entry: trigger.moment, triggerSeq: 4, stepStart: trigger.moment, stepDueAt: due, dueAt: due, data: ["x": 1],
      marks: marks, goalUntil: nil, endedAt: nil, reason: nil)
    let moved = try StepFunction.follow(
      run, StepMatching(from: old.chain, old.text, to: new.chain, new.text), from: old.chain, to: new.chain, version: 2,
      rules: Rules(channels: ["email": ChannelPolicy()], shopZone: .utc), view: ScriptedView(), trigger: trigger,
      now: now, position: 9)
    return (run, moved)
  }
}
