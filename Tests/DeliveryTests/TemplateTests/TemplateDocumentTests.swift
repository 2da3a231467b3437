import Domain
import JSON
import Testing

@testable import Delivery

@Suite struct TemplateDocumentTests {
  func issues(_ text: String, files: [String: String] = [:]) throws -> [String] {
    do {
      _ = try TemplateDocument(try JSONDocument(parsing: Array(text.utf8)).root, files: files)
      return []
    } catch let refusal as Refusal {
      return refusal.issues.map { "\($0.pointer) \($0.code.rawValue)" }
    }
  }

  @Test(
    "what is wrong with a document is said with its pointer",
    arguments: [
      (#"{"text":"a"}"#, []), (#"{"html":"a","name":"n","note":"x","subject":null}"#, []), ("[]", [" wrong_type"]),
      ("{}", [" missing"]), (#"{"subject":"s"}"#, [" missing"]), (#"{"text":5}"#, ["/text wrong_type", " missing"]),
      (#"{"text":"a","txet":"b"}"#, ["/txet unknown_key"]), (#"{"text":""}"#, ["/text bad_value"]),
      (#"{"text":"a","subject":"b\nc"}"#, ["/subject bad_value"]), (#"{"text":"a\u0000"}"#, ["/text bad_value"]),
      (#"{"text":"a","partial":1}"#, ["/partial wrong_type"]),
      (#"{"text":"a","subject":"b","partial":true}"#, ["/subject bad_value"]),
      (#"{"text":"a","locales":[]}"#, ["/locales wrong_type"]), (#"{"text":"a","locales":{"en":{"text":"b"}}}"#, []),
      (#"{"text":"a","locales":{"en":{"html":"b"}}}"#, ["/locales/en missing", "/locales/en missing"]),
      (#"{"text":"a","locales":{"en":{"text":"b","x":1}}}"#, ["/locales/en/x unknown_key"]),
      (#"{"text":"a","locales":{"e n":{"text":"b"}}}"#, ["/locales/e n bad_value"]),
      (#"{"text":"a","locales":{"en":{"text":"b"},"EN":{"text":"b"}}}"#, ["/locales/EN duplicate"]),
      (#"{"text":"a","locale":"en","locales":{"en":{"text":"b"}}}"#, ["/locales/en duplicate"]),
      (#"{"text":"a","locale":"!"}"#, ["/locale bad_value"]),
    ])
  func documents(text: String, expected: [String]) throws {
    #expect(try issues(text) == expected)
  }

  @Test("an unknown key comes with the nearest known one")
  func nearestKey() throws {
    let refusal = #expect(throws: Refusal.self) {
      try TemplateDocument(parsing: Array(#"{"subjct":"a","text":"b"}"#.utf8))
    }
    #expect(refusal?.issues.first?.hint == "did you mean `subject`?")
  }

  @Test("what is no JSON is an issue with its place")
  func syntax() throws {
    let refusal = #expect(throws: Refusal.self) { try TemplateDocument(parsing: Array("{\n\"text\":}".utf8)) }
    #expect(refusal?.issues.map(\.code) == [.syntax])
    #expect(refusal?.issues.first?.line == 2)
  }

  @Test("bodies may lie in files beside the document, but not in both")
  func files() throws {
    #expect(
      try issues(#"{"subject":"s","locales":{"en":{"subject":"t"}}}"#, files: ["/text": "a", "/locales/en/text": "b"])
        == [])
    #expect(try issues("{}", files: ["/text": "a", "/locales/en/text": "b"]) == [])
    #expect(try issues(#"{"text":"a"}"#, files: ["/text": "a"]) == ["/text duplicate"])
    #expect(try issues(#"{"text":"a"}"#, files: ["/body": "a"]) == ["/body unknown_key"])
    let document = try TemplateDocument(
      try JSONDocument(parsing: Array("{}".utf8)).root, files: ["/text": "a", "/locales/en-GB/text": "b"])
    #expect(document.json == ["text": "a", "locales": ["en-gb": ["text": "b"]]])
    #expect(try TemplateDocument(parsing: document.json.serialized()).json == document.json)
  }
}
