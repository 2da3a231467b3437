import JSON
import Testing

@Suite("Values")
struct JSONValueTests {
  @Test("a value is written as compact JSON in the order it was built")
  func serialized() {
    let value: JSONValue = ["b": [1, true, nil, "x/y\n\u{1}\"\\я"], "a": [:], "c": []]
    #expect(value.text == #"{"b":[1,true,null,"x/y\n\u0001\"\\я"],"a":{},"c":[]}"#)
    #expect(
      value.pretty()
        == "{\n  \"b\": [\n    1,\n    true,\n    null,\n    \"x/y\\n\\u0001\\\"\\\\я\"\n  ],\n  \"a\": {},\n  \"c\": []\n}"
    )
  }

  @Test("what is written reads back as the same value")
  func roundTrip() throws {
    let text = #"{"a":[1.50,-0,1e9,"\u0000é"],"b":{"c":null,"d":false}}"#
    let value = try JSONValue(parsing: text)
    #expect(try JSONValue(parsing: value.text) == value)
    #expect(try JSONValue(parsing: value.pretty()) == value)
    #expect(value["a"]?.array?.first?.number?.text == "1.50")
  }

  @Test("objects are equal whatever the order of their keys")
  func equality() throws {
    let one = try JSONValue(parsing: #"{"a":1,"b":{"c":2.0}}"#)
    let other = try JSONValue(parsing: #"{"b":{"c":2},"a":1}"#)
    #expect(one == other)
    #expect(one.hashValue == other.hashValue)
    #expect(one != ["a": 1])
  }

  @Test("an object keeps its order through changes", arguments: [3, 100])
  func object(_ count: Int) {
    var object = JSONObject()
    for number in 0..<count { object["k\(number)"] = .number(JSONNumber(number)) }
    object["k1"] = "changed"
    object["k0"] = nil
    object["k0"] = nil
    object["new"] = true
    #expect(object.keys == (1..<count).map { "k\($0)" } + ["new"])
    #expect(object["k1"]?.string == "changed")
    #expect(object["k\(count - 1)"]?.number == JSONNumber(count - 1))
    #expect(object["k0"] == nil)
    #expect(object.count == count)
  }
}
