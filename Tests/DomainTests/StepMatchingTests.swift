import Domain
import JSON
import Testing

/// Which step is which in the next version of a chain.
@Suite("Steps of two versions")
struct StepMatchingTests {
  struct Edit: CustomTestStringConvertible {
    let testDescription: String
    let old: String
    let new: String
    /// Each old step's label with what becomes of it.
    let fates: [String]
    var isSame = false
  }

  private static let a = #"{"send":"email","template":"a"}"#
  private static let b = #"{"send":"email","template":"b"}"#

  static let edits = [
    Edit(
      testDescription: "nothing changes",
      old: #"[{"wait":"1h"},{"send":"email","template":"a","id":"mail"}]"#,
      new: #"[{"note":"why","wait":"1h"},{"id":"mail","template":"a","send":"email"}]"#,
      fates: ["0 stays 0", "mail stays mail"], isSame: true),
    Edit(
      testDescription: "a named step is known wherever it stands and whatever it says",
      old: #"[{"wait":"1h","id":"w"},{"send":"email","template":"a","id":"mail"}]"#,
      new: #"[{"send":"sms","template":"x","id":"mail"},\#(b),{"wait":"2h","id":"w"}]"#,
      fates: ["w changed w", "mail changed mail"]),
    Edit(
      testDescription: "another length in the same place is the same wait",
      old: "[{\"wait\":\"1h\"},\(a),{\"wait\":\"2h\"},\(b)]", new: "[{\"wait\":\"3h\"},\(a),{\"wait\":\"2h\"},\(b)]",
      fates: ["0 changed 0", "1 stays 1", "2 stays 2", "3 stays 3"]),
    Edit(
      testDescription: "a step without id that others push down has moved",
      old: "[{\"wait\":\"1h\"},\(a)]", new: "[\(b),{\"wait\":\"1h\"},\(a)]", fates: ["0 moved 1", "1 moved 2"]),
    Edit(
      testDescription: "two waits that change their lengths cannot be told apart",
      old: "[{\"wait\":\"1h\"},\(a),{\"wait\":\"2h\"}]", new: "[{\"wait\":\"2h\"},\(a),{\"wait\":\"1h\"}]",
      fates: ["0 moved 2", "1 stays 1", "2 moved 0"]),
    Edit(
      testDescription: "an id given to a step in its place changes nothing",
      old: "[{\"wait\":\"1h\"},\(a)]", new: "[{\"wait\":\"1h\",\"id\":\"w\"},\(a)]", fates: ["0 stays w", "1 stays 1"],
      isSame: true),
    Edit(
      testDescription: "a deleted step leads to the next of the old order that is there",
      old: #"[{"wait":"1h","id":"w"},{"set":{"x":1},"id":"s"},\#(a),{"wait":"2h","id":"v"}]"#,
      new: #"[{"set":{"y":1},"id":"t"},{"wait":"2h","id":"v"}]"#,
      fates: ["w deleted v", "s deleted v", "2 deleted v", "v stays v"]),
    Edit(
      testDescription: "the last step deleted leads to the end",
      old: "[\(a),{\"wait\":\"1h\",\"id\":\"w\"}]", new: "[\(a)]", fates: ["0 stays 0", "w deleted end"]),
    Edit(
      testDescription: "a deleted step leads to one without id, though that has moved up",
      old: "[{\"wait\":\"1h\",\"id\":\"w\"},\(a),{\"wait\":\"1h\"}]", new: "[\(a),{\"wait\":\"1h\"}]",
      fates: ["w deleted 0", "1 moved 0", "2 moved 1"]),
    Edit(
      testDescription: "what lies in a named step goes with it",
      old: #"[{"if":{"did":"visit"},"id":"i","then":[{"wait":"1h"},\#(a)]}]"#,
      new: #"[\#(b),{"if":{"did":"purchase"},"id":"i","then":[{"wait":"1h"},\#(a)]}]"#,
      fates: ["i changed i", "0.then.0 stays 1.then.0", "0.then.1 stays 1.then.1"]),
    Edit(
      testDescription: "after the last step of a branch comes what follows the whole, not the other branch",
      old: #"[{"if":{"did":"visit"},"id":"i","then":[{"wait":"1h","id":"w"}],"else":[{"wait":"2h","id":"v"}]},\#(a)]"#,
      new: #"[{"if":{"did":"visit"},"id":"i","else":[{"wait":"2h","id":"v"}]},\#(a)]"#,
      fates: ["i stays i", "w deleted 1", "v stays v", "1 stays 1"]),
    Edit(
      testDescription: "a deleted wait_for leads past its branches",
      old:
        #"[{"wait_for":{"did":"visit"},"at_most":"1h","id":"f","then":[{"wait":"1h","id":"w"}]},{"wait":"3h","id":"z"}]"#,
      new: #"[{"wait":"1h","id":"w"},{"wait":"3h","id":"z"}]"#, fates: ["f deleted z", "w stays w", "z stays z"]),
    Edit(
      testDescription: "the last step of one case leads past all cases",
      old: #"""
        [{"choose":[{"when":{"did":"visit"},"steps":[{"wait":"1h","id":"w"}]},
          {"when":{"did":"cart"},"steps":[{"wait":"2h","id":"v"}]}],"id":"c"},\#(a)]
        """#,
      new: #"""
        [{"choose":[{"when":{"did":"visit"},"steps":[{"set":{"x":1}}]},
          {"when":{"did":"cart"},"steps":[{"wait":"2h","id":"v"}]}],"id":"c"},\#(a)]
        """#,
      fates: ["c stays c", "w deleted 1", "v stays v", "1 stays 1"]),
    Edit(
      testDescription: "an escalation goes on in its parts",
      old: #"""
        [{"escalate":[{"send":"email","template":"a","id":"first","patience":"1d"},{"send":"sms","template":"b"}]}]
        """#,
      new: #"""
        [\#(a),{"escalate":[{"send":"email","template":"a","id":"first","patience":"2d"},{"send":"sms","template":"b"}]}]
        """#,
      fates: [
        "0 moved 1", "first:gate changed first:gate", "first changed first", "first:patience changed first:patience",
        "0.escalate.1:gate moved 1.escalate.1:gate", "0.escalate.1 moved 1.escalate.1",
      ]),
    Edit(
      testDescription: "an id that is gone from its step takes nobody along",
      old: "[\(b),{\"wait\":\"1h\",\"id\":\"w\"},\(a)]", new: "[\(b),\(a),{\"wait\":\"1h\"}]",
      fates: ["0 stays 0", "w deleted 1", "2 moved 1"]),
  ]

  @Test("each step of the old version is found again, or what runs go on at", arguments: edits)
  func finds(_ edit: Edit) throws {
    let (old, new) = (try Self.chain(edit.old), try Self.chain(edit.new))
    let matching = StepMatching(from: old.chain, old.text, to: new.chain, new.text)
    func label(_ index: Int) -> String { index < new.chain.end ? new.chain.program[index].label : "end" }
    let fates = zip(old.chain.program, matching.fates).map { step, fate in
      switch fate {
      case .stays(let index, let isChanged): "\(step.label) \(isChanged ? "changed" : "stays") \(label(index))"
      case .moved(let index): "\(step.label) moved \(label(index))"
      case .deleted(let next): "\(step.label) deleted \(label(next))"
      }
    }
    #expect(fates == edit.fates)
    #expect(matching.isSame == edit.isSame)
  }

  @Test("another reason to stop is another version, though every step is the same")
  func seesFrame() throws {
    let (old, new) = (try Self.chain("[\(Self.a)]"), try Self.chain("[\(Self.a)]", more: #""stop_when":{"did":"x"},"#))
    #expect(!StepMatching(from: old.chain, old.text, to: new.chain, new.text).isSame)
    let named = try Self.chain("[\(Self.a)]", more: #""name":"Cart","note":"the autumn","#)
    #expect(StepMatching(from: old.chain, old.text, to: named.chain, named.text).isSame)
  }

  static func chain(_ steps: String, more: String = "") throws -> (chain: Chain, text: JSONNode) {
    let document = try JSONDocument(parsing: Array(#"{"enter":{"event":"cart"},\#(more)"steps":\#(steps)}"#.utf8))
    let result = ChainParser.parse(document)
    return (try #require(result.chain, "\(result.errors)"), document.root)
  }
}
