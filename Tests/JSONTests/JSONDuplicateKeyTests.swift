import JSON
import Testing

@Suite("Duplicate keys")
struct JSONDuplicateKeyTests {
  @Test("the second of two equal keys is the error")
  func small() {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "{\"a\":{\"b\":1},\n\"b\":2,\"a\":3}") }
    #expect(error?.location.line == 2 && error?.location.column == 7)
    #expect(error?.expected == "each key once in an object" && error?.got == "\"a\" again")
  }

  @Test("keys are compared as what they stand for, not as they are written")
  func escaped() {
    for count in [0, 40] {
      let others = (0..<count).map { "\"k\($0)\":0," }.joined()
      #expect(throws: JSONError.self) { try JSONValue(parsing: "{\(others)\"\\u0061bcdefghi\":1,\"abcdefghi\":2}") }
      #expect(throws: JSONError.self) { try JSONValue(parsing: "{\(others)\"\\u0061\":1,\"\\u0061\":2}") }
    }
  }

  @Test("keys of any length are found again, written plainly or escaped, in the middle of a text and at its end")
  func lengths() throws {
    for length in 1...20 {
      let key = String("abcdefghijklmnopqrst".prefix(length))
      let escaped = "\\u0061" + key.dropFirst()
      let other = key.dropLast() + "#"
      for (first, second) in [(key, key), (key, escaped), (escaped, key)] {
        for rest in ["", ",\"and a long key\":[1,2,3]"] {
          #expect(throws: JSONError.self) { try JSONValue(parsing: "{\"\(first)\":0,\"\(second)\":0\(rest)}") }
        }
      }
      #expect(try JSONValue(parsing: "{\"\(key)\":0,\"\(other)\":0,\"\":0}").object?.count == 3)
    }
  }

  @Test("keys that differ in one byte in the middle are different", arguments: [2, 40])
  func different(_ count: Int) throws {
    let keys = (0..<count).map { "\"aaaaaaaa\(100 + $0)bbbbbbbb\":1" }
    #expect(try JSONValue(parsing: "{" + keys.joined(separator: ",") + "}").object?.count == count)
    #expect(throws: JSONError.self) { try JSONValue(parsing: "{" + (keys + [keys[1]]).joined(separator: ",") + "}") }
  }

  @Test("a hundred thousand keys are no more than so many keys")
  func many() throws {
    let keys = (0..<100_000).map { "\"key\($0)\":\($0)" }
    let document = try JSONDocument(parsing: Array(("{" + keys.joined(separator: ",") + "}").utf8))
    #expect(document.root.count == 100_000)
    let error = #expect(throws: JSONError.self) {
      try JSONDocument(parsing: Array(("{" + keys.joined(separator: ",") + ",\"key7\":1}").utf8))
    }
    #expect(error?.got == "\"key7\" again")
  }

  @Test("equal keys of different objects are fine")
  func nested() throws {
    _ = try JSONValue(parsing: #"[{"a":{"a":{"a":1}}},{"a":1}]"#)
  }
}
