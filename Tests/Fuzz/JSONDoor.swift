import JSON

/// The JSON parser: what it takes can be written and read back as the same value, compact and for people; what it refuses
/// it refuses at a place inside the text.
enum JSONDoor {
  static func enter(_ bytes: [UInt8]) throws(Broken) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: bytes)
    } catch {
      return try check(error.location, bytes)
    }
    let written = value.serialized()
    try Broken.unless(
      again(written) == value, "written as \(String(decoding: written, as: UTF8.self)), read as another")
    try Broken.unless(again(written)?.serialized() == written, "written differently the second time")
    try Broken.unless(again(Array(value.pretty().utf8)) == value, "written for people, read as another")
    try Broken.unless(value.hashValue == again(written)?.hashValue, "equal values hash differently")
  }

  private static func again(_ bytes: [UInt8]) -> JSONValue? { try? JSONValue(parsing: bytes) }

  /// The place is one an editor can go to.
  static func check(_ place: JSONLocation, _ bytes: [UInt8]) throws(Broken) {
    try Broken.unless((0...bytes.count).contains(place.offset), "an error at \(place.offset) of \(bytes.count) bytes")
    try check(line: place.line, column: place.column, bytes)
  }

  static func check(line: Int, column: Int, _ bytes: [UInt8]) throws(Broken) {
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    try Broken.unless((1...lines.count).contains(line), "an error in line \(line) of \(lines.count)")
    let characters = lines[line - 1].count { $0 & 0xC0 != 0x80 }
    try Broken.unless((1...characters + 1).contains(column), "an error in column \(column) of \(characters)")
  }
}
