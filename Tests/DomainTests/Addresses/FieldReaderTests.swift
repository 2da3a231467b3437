import Domain
import JSON
import Testing

import struct Domain.Issue

@Suite struct FieldReaderTests {
  private enum Colour: String, CaseIterable { case red, green }

  private func reader(_ text: String, known: [String]) throws -> FieldReader {
    FieldReader(try JSONDocument(parsing: Array(text.utf8)).root, known: known)
  }

  @Test("everything that is wrong comes at once, with the nearest known word")
  func everything() throws {
    var reader = try reader(
      #"{"colur":"red","n":1.5,"t":"soon","b":1,"c":"gren","s":""}"#, known: ["colour", "n", "t", "b", "c", "s", "r"])
    #expect(reader.int("n", in: 0...9) == nil)
    #expect(reader.time("t") == nil)
    #expect(reader.bool("b") == nil)
    #expect(reader.word("c", Colour.self) == nil)
    #expect(reader.string("s") == nil)
    #expect(reader.string("r", required: true) == nil)
    #expect(reader.issues.map(\.pointer) == ["/colur", "/n", "/t", "/b", "/c", "/s", "/r"])
    #expect(reader.issues.first?.hint == "did you mean `colour`?")
    #expect(
      reader.issues.map(\.code) == [.unknownKey, .badValue, .badValue, .wrongType, .badValue, .badValue, .missing])
    #expect(throws: Refusal.self) { try reader.check() }
  }

  @Test("null and absent are nothing, whole numbers may be written as 1e3")
  func nothing() throws {
    var reader = try reader(#"{"a":null,"n":1e3}"#, known: ["a", "n"])
    #expect(reader.string("a") == nil)
    #expect(reader.string("b") == nil)
    #expect(reader.int("n", in: 0...1000) == 1000)
    #expect(throws: Never.self) { try reader.check() }
  }

  @Test("NUL in a text is refused, a slash in a key is escaped in its pointer")
  func odd() throws {
    var reader = try reader(#"{"a":"x\u0000","b/c~":1}"#, known: ["a"])
    #expect(reader.string("a") == nil)
    #expect(reader.issues.map(\.pointer) == ["/b~1c~0", "/a"])
  }

  @Test("of a flood of mistakes the first two hundred are told")
  func flood() throws {
    let keys = (0..<20_000).map { "\"k\($0)\":1" }.joined(separator: ",")
    var reader = try reader("{\(keys)}", known: ["a", "b"])
    reader.refuse("a", .missing, "expected `a`")
    #expect(reader.issues.count == 200 && reader.issues.last?.pointer == "/k199")
  }
}
