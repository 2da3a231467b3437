import JSON
import Testing

@Suite("Parsing text after text")
struct JSONParserTests {
  private static let texts = [
    #"{"a":[1,{"b":"\u00e9"},[]],"c":{"d":{"e":null},"f":0},"g":true}"#, "7", "[[],[[]],{}]", #"{"a":"#, "[[[",
    #"{"a":1,"a":2}"#, #"{"a":[1,2,3]}"#, "", "\"text\"",
  ]

  @Test("a parser says of each text what a new one says, good and bad ones in any order")
  func again() throws {
    var parser = JSONParser(limits: JSONLimits(maxDepth: 3))
    for first in Self.texts {
      for second in Self.texts {
        for text in [first, second].map({ Array($0.utf8) }) {
          var fresh = JSONParser(limits: JSONLimits(maxDepth: 3))
          var outcome: JSONError?
          var freshOutcome: JSONError?
          do { try parser.parse(text.span) } catch { outcome = error }
          do { try fresh.parse(text.span) } catch { freshOutcome = error }
          #expect(outcome == freshOutcome)
          guard outcome == nil else { continue }
          let end = Int(fresh.tape[0].next)
          #expect("\(parser.tape.prefix(end))" == "\(fresh.tape.prefix(end))")
          #expect(parser.document(of: text[...]).root.value == (try JSONValue(parsing: text)))
        }
      }
    }
  }

  @Test("a text of more values than bytes suggest is parsed as any other")
  func dense() throws {
    let text = Array(("[" + Array(repeating: "[7,{\"\":0},[]]", count: 5_000).joined(separator: ",") + "]").utf8)
    for count in [1, 2, 3, 7, 5_000] {
      let part = text.prefix(count * 14) + [93]
      let root = try JSONDocument(parsing: Array(part)).root
      #expect(root.count == count)
      #expect(root.elements.allSatisfy { $0.count == 3 && $0.elements[1][""]?.number == 0 })
    }
    var parser = JSONParser()
    try parser.parse("[0]".utf8.span)
    try parser.parse(text.span)
    #expect(parser.tape[0].children == 5_000)
  }

  @Test("a document keeps its tape when the parser goes on to another text")
  func document() throws {
    var parser = JSONParser()
    let text = Array(Self.texts[0].utf8)
    try parser.parse(text.span)
    let document = parser.document(of: text[...])
    try parser.parse(Array("[0]".utf8).span)
    #expect(document.root.value == (try JSONValue(parsing: text)))
  }

  @Test("a tape says where each value stands, how many are in it and what comes behind it")
  func tape() throws {
    let text = Array(#"{"a":[1,{"b":""}],"\u0063":2}"#.utf8)
    var parser = JSONParser()
    try parser.parse(text.span)
    let tape = parser.tape.prefix(9)
    #expect(tape.map(\.kind) == [.object, .string, .array, .number, .object, .string, .string, .string, .number])
    #expect(tape.map(\.children) == [2, 0, 2, 0, 1, 0, 0, 0, 0])
    #expect(tape.map(\.isEscaped) == [false, false, false, false, false, false, false, true, false])
    #expect([0, 2, 3, 4, 6, 8].map { tape[$0].next } == [9, 7, 4, 7, 7, 9])
    #expect(String(decoding: text[tape[4].range], as: UTF8.self) == #"{"b":""}"#)
    #expect(String(decoding: text[tape[5].content], as: UTF8.self) == "b")
    #expect(tape[6].content.isEmpty)
  }
}
