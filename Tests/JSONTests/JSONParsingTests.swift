import JSON
import Testing

@Suite("Parsing JSON")
struct JSONParsingTests {
  @Test("an event is read through nodes without building what is not asked for")
  func event() throws {
    let text =
      #"{"id":"e1","type":"cart.added","contact":{"email":"a@b.c"},"properties":{"total":12.50,"skus":["x",1]}}"#
    let root = try JSONDocument(parsing: Array(text.utf8)).root
    #expect(root.kind == .object && root.count == 4)
    #expect(root["type"]?.isString("cart.added") == true)
    #expect(root["contact"]?["email"]?.string == "a@b.c")
    #expect(root["properties"]?["total"]?.number?.text == "12.50")
    #expect(root["properties"]?["skus"]?.elements.map(\.kind) == [.string, .number])
    #expect(root["missing"] == nil)
    #expect(root.members.map(\.key) == ["id", "type", "contact", "properties"])
    let raw = try #require(root["properties"]?.rawBytes)
    #expect(String(decoding: raw, as: UTF8.self) == #"{"total":12.50,"skus":["x",1]}"#)
  }

  @Test("escapes are decoded, in keys too")
  func escapes() throws {
    let value = try JSONValue(parsing: #"{"\u0061\n":"\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t\u0000"}"#)
    #expect(value["a\n"]?.string == "é😀\"\\/\u{8}\u{C}\n\r\t\u{0}")
    let root = try JSONDocument(parsing: Array(#"{"\u0061":1}"#.utf8)).root
    #expect(root["a"]?.number == 1)
    #expect(root.members.first?.hasKey("a") == true)
  }

  @Test(
    "what is no JSON is refused with place, expectation and finding",
    arguments: [
      ("", 1, 1, "a value", "the end of the text"),
      ("{\"a\": 1,\n \"b\" 2}", 2, 6, "`:`", "`2`"),
      ("[1,]", 1, 4, "a value", "`]`"),
      ("{\"a\":1,}", 1, 8, "a key in double quotes", "`}`"),
      ("{'a':1}", 1, 2, "a key in double quotes or `}`", "`'`"),
      ("[1 2]", 1, 4, "`,` or `]`", "`2`"),
      ("{\"a\":1", 1, 7, "`,` or `}`", "the end of the text"),
      ("[01]", 1, 3, "no digit after a leading zero", "`1`"),
      ("[-]", 1, 3, "a digit", "`]`"),
      ("[1.]", 1, 4, "a digit", "`]`"),
      ("[1e]", 1, 4, "a digit", "`]`"),
      ("nul", 1, 1, "a value", "`n`"),
      ("\"я\u{1}\"", 1, 3, "control characters in a string as \\u00XX", "U+0001"),
      ("\"\\x\"", 1, 3, "one of \" \\ / b f n r t u after a backslash", "`x`"),
      ("\"\\ud800\"", 1, 2, "surrogates in pairs", "a lone \\uD800"),
      ("\"\\udc00\\ud800\"", 1, 2, "surrogates in pairs", "a lone \\uDC00"),
      ("\"\\u12g4\"", 1, 6, "four hexadecimal digits after \\u", "`g`"),
      ("\u{FEFF}{}", 1, 1, "a value", "a byte order mark"),
      ("{} {}", 1, 4, "the end of the text", "`{`"),
      ("\n\n [1,\n  tru]", 4, 3, "a value", "`t`"),
      ("1e401", 1, 2, "an exponent of at most 400", "a larger one"),
    ])
  func refusals(_ text: String, _ line: Int, _ column: Int, _ expected: String, _ got: String) {
    let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(text.utf8)) }
    #expect(error?.location.line == line && error?.location.column == column)
    #expect(error?.expected == expected && error?.got == got)
  }

  @Test(
    "bytes that are not UTF-8 are refused",
    arguments: [
      [0x80], [0xC0, 0xAF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x82],
    ] as [[UInt8]])
  func utf8(_ bytes: [UInt8]) {
    let text = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
    let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: text) }
    #expect(error?.expected == "UTF-8" && error?.location.offset == 1)
  }

  @Test("depth is limited, and deep texts cost no stack")
  func depth() throws {
    let nested = { (levels: Int) in
      Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
    }
    _ = try JSONDocument(parsing: nested(64))
    #expect(throws: JSONError.self) { try JSONDocument(parsing: nested(65)) }
    #expect(throws: JSONError.self) { try JSONDocument(parsing: nested(100_000)) }
    _ = try JSONDocument(parsing: nested(256), limits: JSONLimits(maxDepth: 256))
    _ = try JSONDocument(parsing: nested(100_000), limits: JSONLimits(maxDepth: 100_000))
  }

  @Test("a slice is parsed with places counted within it")
  func slice() throws {
    let bytes = Array("{\"a\":1}\n{\"b\":[2]}\n{\"c\" 3}".utf8)
    let second = try JSONDocument(parsing: bytes[8..<17], limits: JSONLimits()).root
    #expect(second["b"]?.elements.first?.number == 2)
    #expect(second["b"].map { String(decoding: $0.rawBytes, as: UTF8.self) } == "[2]")
    #expect(second["b"]?.location == JSONLocation(offset: 5, line: 1, column: 6))
    let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: bytes[18...], limits: JSONLimits()) }
    #expect(error?.location == JSONLocation(offset: 5, line: 1, column: 6))
  }

  @Test("places of values and keys count lines and code points")
  func locations() throws {
    let root = try JSONDocument(parsing: Array("{\n  \"имя\": \"ю\", \"b\": 1\n}".utf8)).root
    #expect(root["имя"]?.location == JSONLocation(offset: 14, line: 2, column: 10))
    #expect(root.members.last?.keyLocation == JSONLocation(offset: 20, line: 2, column: 15))
  }

  @Test(
    "a hundred thousand places of a long text cost one walk through it, whatever its lines", .timeLimit(.minutes(1)))
  func manyLocations() throws {
    let values = [String](repeating: "\"ю\"", count: 100_000)
    let line = try JSONDocument(parsing: Array("[\(values.joined(separator: ","))]".utf8)).root
    for (index, element) in line.elements.enumerated() {
      let expected = JSONLocation(offset: 1 + 5 * index, line: 1, column: 2 + 4 * index)
      if element.location != expected { Issue.record("\(element.location), not \(expected)") }
    }
    let lines = try JSONDocument(parsing: Array("[\(values.joined(separator: ",\n "))]".utf8)).root
    for (index, element) in lines.elements.enumerated().reversed() {
      let expected = JSONLocation(offset: 1 + 7 * index, line: 1 + index, column: 2)
      if element.location != expected { Issue.record("\(element.location), not \(expected)") }
    }
  }

  @Test("every prefix of a text is an error, never a trap")
  func prefixes() throws {
    let text = Array(#"{"a":[1.5e3,-0,true,false,null,"\u00e9\ud83d\ude00я"],"long key beyond eight":{"b":{}}}"#.utf8)
    _ = try JSONDocument(parsing: text)
    for length in text.indices {
      #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(text[..<length])) }
    }
  }

  @Test("any byte put anywhere gives a value or an error, never a trap")
  func mutations() throws {
    let text = Array(#"{"a":[1.5e3,-0,true,"\u00e9\ud83d\ude00я"],"\u0061b":{"b":{}}}"#.utf8)
    for position in text.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = text
        changed[position] = byte
        if let document = try? JSONDocument(parsing: changed) {
          #expect(try JSONValue(parsing: document.root.value.serialized()) == document.root.value)
        }
      }
    }
  }
}
