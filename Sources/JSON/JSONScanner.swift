/// One pass over a text onto a tape, without recursion: containers that are still open are linked through the tape itself.
struct JSONScanner {
  private let maxDepth: Int
  private var depth = 0
  /// Offset of the next byte to look at.
  var at = 0
  /// Entries on the tape.
  private var used = 0
  /// Tape index of the innermost open container, negative outside of all.
  private var open = -1
  private var isObjectOpen = false
  /// Whether a string or key had `\u0000`.
  var escapesNUL = false
  /// Of the innermost open container, so far; those of the others wait on the tape.
  private var children = 0

  init(maxDepth: Int) { self.maxDepth = maxDepth }

  func checkSize(_ text: Span<UInt8>) throws(JSONError) {
    guard text.count < JSONLimits.maxBytes else {
      throw fail(text, expected: "a text of less than \(JSONLimits.maxBytes) bytes", got: "\(text.count) bytes")
    }
  }

  /// Goes on until the text is read (true) or the tape is full: then call again with a longer one.
  mutating func scan(_ text: Span<UInt8>, onto tape: inout MutableSpan<TapeEntry>) throws(JSONError) -> Bool {
    // A round writes a value and a key at most.
    while used &+ 2 <= tape.count {
      skipSpace(text)
      if try value(text, &tape) { continue }
      if try afterValue(text, &tape) { continue }
      skipSpace(text)
      guard at == text.count else { throw unexpected(text, expected: "the end of the text") }
      return true
    }
    return false
  }

  @inline(__always)
  private mutating func write(_ entry: TapeEntry, _ tape: inout MutableSpan<TapeEntry>) {
    tape[used] = entry
    used &+= 1
  }

  // MARK: Values

  /// Reads a scalar or an empty container, or opens a container up to its first value. Returns whether it was opened.
  @inline(__always)
  private mutating func value(
    _ text: Span<UInt8>, _ tape: inout MutableSpan<TapeEntry>
  ) throws(JSONError) -> Bool {
    guard at < text.count else { throw unexpected(text, expected: "a value") }
    children &+= 1
    switch text[at] {
    case UInt8(ascii: "\""):
      let start = at
      let escaped = try string(text)
      write(TapeEntry(kind: .string, start: start, end: at, next: used &+ 1, escaped: escaped), &tape)
      return false
    case UInt8(ascii: "{"): return try enterObject(text, &tape)
    case UInt8(ascii: "["): return try enterArray(text, &tape)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let start = at
      try number(text)
      scalar(.number, from: start, &tape)
      return false
    case UInt8(ascii: "t"): return try literal(text, &tape, "true", .bool)
    case UInt8(ascii: "f"): return try literal(text, &tape, "false", .bool)
    case UInt8(ascii: "n"): return try literal(text, &tape, "null", .null)
    default: throw unexpected(text, expected: "a value")
    }
  }

  private mutating func scalar(_ kind: JSONNode.Kind, from start: Int, _ tape: inout MutableSpan<TapeEntry>) {
    write(TapeEntry(kind: kind, start: start, end: at, next: used &+ 1), &tape)
  }

  private mutating func literal(
    _ text: Span<UInt8>, _ tape: inout MutableSpan<TapeEntry>, _ word: StaticString, _ kind: JSONNode.Kind
  ) throws(JSONError) -> Bool {
    let start = at
    let isWord = word.withUTF8Buffer { letters in
      letters.count <= text.count - start && letters.indices.allSatisfy { letters[$0] == text[start + $0] }
    }
    guard isWord else { throw unexpected(text, expected: "a value") }
    at += word.utf8CodeUnitCount
    scalar(kind, from: start, &tape)
    return false
  }

  // MARK: Containers

  @inline(__always)
  private mutating func enterObject(
    _ text: Span<UInt8>, _ tape: inout MutableSpan<TapeEntry>
  ) throws(JSONError) -> Bool {
    try enter(text, &tape, .object)
    skipSpace(text)
    if at < text.count, text[at] == UInt8(ascii: "}") {
      try leave(text, &tape)
      return false
    }
    try key(text, &tape, expected: "a key in double quotes or `}`")
    return true
  }

  private mutating func enterArray(
    _ text: Span<UInt8>, _ tape: inout MutableSpan<TapeEntry>
  ) throws(JSONError) -> Bool {
    try enter(text, &tape, .array)
    skipSpace(text)
    if at < text.count, text[at] == UInt8(ascii: "]") {
      try leave(text, &tape)
      return false
    }
    return true
  }

  private mutating func enter(
    _ text: Span<UInt8>, _ tape: inout MutableSpan<TapeEntry>, _ kind: JSONNode.Kind
  ) throws(JSONError) {
    guard depth < maxDepth else {
      throw fail(text, expected: "at most \(maxDepth) arrays and objects within one another", got: "one more")
    }
    depth += 1
    if open >= 0 { tape[open].children = children }
    let around = open
    open = used
    write(TapeEntry(kind: kind, start: at, end: at, next: around), &tape)
    isObjectOpen = kind == .object
    children = 0
    at += 1
  }

  /// At the closing bracket.
  private mutating func leave(
    _ text: Span<UInt8>, _ tape: inout MutableSpan<TapeEntry>
  ) throws(JSONError) {
    at += 1
    var entry = tape[open]
    entry.children = children
    if isObjectOpen, children > 1 { try refuseDuplicates(text, tape.span.extracting(..<used), object: open, children) }
    let around = Int(Int32(bitPattern: entry.next))
    entry.end = UInt32(truncatingIfNeeded: at)
    entry.next = UInt32(truncatingIfNeeded: used)
    tape[open] = entry
    open = around
    depth -= 1
    guard around >= 0 else { return }
    isObjectOpen = tape[around].kind == .object
    children = tape[around].children
  }

  private mutating func key(
    _ text: Span<UInt8>, _ tape: inout MutableSpan<TapeEntry>, expected: String
  ) throws(JSONError) {
    guard at < text.count, text[at] == UInt8(ascii: "\"") else { throw unexpected(text, expected: expected) }
    let start = at
    let escaped = try string(text)
    let fingerprint = JSONKey.fingerprint(text, start + 1, at - 1, escaped: escaped)
    write(TapeEntry(kind: .string, start: start, end: at, next: Int(fingerprint), escaped: escaped), &tape)
    skipSpace(text)
    guard at < text.count, text[at] == UInt8(ascii: ":") else { throw unexpected(text, expected: "`:`") }
    at += 1
  }

  /// Behind a value: goes on to the next value of the container (true), closing what closes, or says that all is closed.
  @inline(__always)
  private mutating func afterValue(
    _ text: Span<UInt8>, _ tape: inout MutableSpan<TapeEntry>
  ) throws(JSONError) -> Bool {
    while open >= 0 {
      skipSpace(text)
      guard at < text.count else { throw unexpected(text, expected: isObjectOpen ? "`,` or `}`" : "`,` or `]`") }
      switch text[at] {
      case UInt8(ascii: ","):
        at += 1
        guard isObjectOpen else { return true }
        skipSpace(text)
        try key(text, &tape, expected: "a key in double quotes")
        return true
      case isObjectOpen ? UInt8(ascii: "}") : UInt8(ascii: "]"): try leave(text, &tape)
      default: throw unexpected(text, expected: isObjectOpen ? "`,` or `}`" : "`,` or `]`")
      }
    }
    return false
  }

  private func refuseDuplicates(
    _ text: Span<UInt8>, _ tape: Span<TapeEntry>, object: Int, _ keys: Int
  ) throws(JSONError) {
    guard let key = JSONKey.firstDuplicate(in: tape, object: object, keys, text) else { return }
    let entry = tape[key]
    let name = JSONText.decoded(text, Int(entry.start) + 1, Int(entry.end) - 1)
    throw JSONError(
      location: JSONLocation(offset: Int(entry.start), in: text), expected: "each key once in an object",
      got: "\"\(JSONText.excerpt(name))\" again")
  }

  // MARK: Space and errors

  @inline(__always)
  mutating func skipSpace(_ text: Span<UInt8>) {
    while at < text.count {
      let byte = text[at]
      guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
      at += 1
    }
  }

  @inline(never)
  func unexpected(_ text: Span<UInt8>, expected: String) -> JSONError {
    fail(text, expected: expected, got: JSONText.describe(text, at))
  }

  @inline(never)
  func fail(_ text: Span<UInt8>, expected: String, got: String) -> JSONError {
    JSONError(location: JSONLocation(offset: at, in: text), expected: expected, got: got)
  }
}
