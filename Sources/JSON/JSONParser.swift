/// One pass over a text onto a tape, without recursion: containers that are still open are linked through the tape
/// itself. For many small texts: each is parsed onto the storage of the one before.
public struct JSONParser: Sendable {
  /// Of the text parsed last; its outermost value stands first. Empty or without an end after an error.
  public private(set) var tape = ContiguousArray<TapeEntry>()
  private let maxDepth: Int
  private var depth = 0
  /// Offset of the next byte to look at.
  var at = 0
  /// Tape index of the innermost open container, negative outside of all.
  private var open = -1
  private var isObjectOpen = false
  /// Of the innermost open container, so far; those of the others wait on the tape.
  private var children = 0

  public init(limits: JSONLimits = JSONLimits()) {
    maxDepth = limits.maxDepth
  }

  /// Cost: about two nanoseconds a byte.
  public mutating func parse(_ text: Span<UInt8>) throws(JSONError) {
    start(text.count)
    guard text.count < JSONLimits.maxBytes else {
      throw fail(text, expected: "a text of less than \(JSONLimits.maxBytes) bytes", got: "\(text.count) bytes")
    }
    repeat {
      skipSpace(text)
      while try value(text) { skipSpace(text) }
    } while try afterValue(text)
    skipSpace(text)
    guard at == text.count else { throw unexpected(text, expected: "the end of the text") }
  }

  private mutating func start(_ byteCount: Int) {
    (at, depth, open, isObjectOpen, children) = (0, 0, -1, false, 0)
    if !tape.isEmpty { tape.removeAll(keepingCapacity: true) }
    let likely = min(byteCount / 6, 1 << 16) + 4
    if tape.capacity < likely { tape.reserveCapacity(likely) }
  }

  // MARK: Values

  /// Reads a scalar or an empty container, or opens a container up to its first value. Returns whether it was opened.
  private mutating func value(_ text: Span<UInt8>) throws(JSONError) -> Bool {
    guard at < text.count else { throw unexpected(text, expected: "a value") }
    children &+= 1
    switch text[at] {
    case UInt8(ascii: "\""):
      let start = at
      let escaped = try string(text)
      tape.append(TapeEntry(kind: .string, start: start, end: at, next: tape.count + 1, escaped: escaped))
      return false
    case UInt8(ascii: "{"): return try enterObject(text)
    case UInt8(ascii: "["): return try enterArray(text)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let start = at
      try number(text)
      scalar(.number, from: start)
      return false
    case UInt8(ascii: "t"): return try literal(text, "true", .bool)
    case UInt8(ascii: "f"): return try literal(text, "false", .bool)
    case UInt8(ascii: "n"): return try literal(text, "null", .null)
    default: throw unexpected(text, expected: "a value")
    }
  }

  private mutating func scalar(_ kind: JSONNode.Kind, from start: Int) {
    tape.append(TapeEntry(kind: kind, start: start, end: at, next: tape.count + 1))
  }

  private mutating func literal(
    _ text: Span<UInt8>, _ word: StaticString, _ kind: JSONNode.Kind
  ) throws(JSONError) -> Bool {
    let start = at
    let isWord = word.withUTF8Buffer { letters in
      letters.count <= text.count - start && letters.indices.allSatisfy { letters[$0] == text[start + $0] }
    }
    guard isWord else { throw unexpected(text, expected: "a value") }
    at += word.utf8CodeUnitCount
    scalar(kind, from: start)
    return false
  }

  // MARK: Containers

  private mutating func enterObject(_ text: Span<UInt8>) throws(JSONError) -> Bool {
    try enter(text, .object)
    skipSpace(text)
    if at < text.count, text[at] == UInt8(ascii: "}") {
      try leave(text)
      return false
    }
    try key(text, expected: "a key in double quotes or `}`")
    return true
  }

  private mutating func enterArray(_ text: Span<UInt8>) throws(JSONError) -> Bool {
    try enter(text, .array)
    skipSpace(text)
    if at < text.count, text[at] == UInt8(ascii: "]") {
      try leave(text)
      return false
    }
    return true
  }

  private mutating func enter(_ text: Span<UInt8>, _ kind: JSONNode.Kind) throws(JSONError) {
    guard depth < maxDepth else {
      throw fail(text, expected: "at most \(maxDepth) arrays and objects within one another", got: "one more")
    }
    depth += 1
    if open >= 0 { tape[open].children = children }
    tape.append(TapeEntry(kind: kind, start: at, end: at, next: open))
    open = tape.count - 1
    isObjectOpen = kind == .object
    children = 0
    at += 1
  }

  /// At the closing bracket.
  private mutating func leave(_ text: Span<UInt8>) throws(JSONError) {
    at += 1
    var entry = tape[open]
    entry.children = children
    if isObjectOpen, children > 1 { try refuseDuplicates(text, object: open, children) }
    let around = Int(Int32(bitPattern: entry.next))
    entry.end = UInt32(truncatingIfNeeded: at)
    entry.next = UInt32(truncatingIfNeeded: tape.count)
    tape[open] = entry
    open = around
    depth -= 1
    guard around >= 0 else { return }
    isObjectOpen = tape[around].kind == .object
    children = tape[around].children
  }

  private mutating func key(_ text: Span<UInt8>, expected: String) throws(JSONError) {
    guard at < text.count, text[at] == UInt8(ascii: "\"") else { throw unexpected(text, expected: expected) }
    let start = at
    let escaped = try string(text)
    let fingerprint = JSONKey.fingerprint(text, start + 1, at - 1, escaped: escaped)
    tape.append(TapeEntry(kind: .string, start: start, end: at, next: Int(fingerprint), escaped: escaped))
    skipSpace(text)
    guard at < text.count, text[at] == UInt8(ascii: ":") else { throw unexpected(text, expected: "`:`") }
    at += 1
  }

  /// Behind a value: goes on to the next value of the container (true), closing what closes, or says that all is closed.
  private mutating func afterValue(_ text: Span<UInt8>) throws(JSONError) -> Bool {
    while open >= 0 {
      skipSpace(text)
      guard at < text.count else { throw unexpected(text, expected: isObjectOpen ? "`,` or `}`" : "`,` or `]`") }
      switch text[at] {
      case UInt8(ascii: ","):
        at += 1
        guard isObjectOpen else { return true }
        skipSpace(text)
        try key(text, expected: "a key in double quotes")
        return true
      case isObjectOpen ? UInt8(ascii: "}") : UInt8(ascii: "]"): try leave(text)
      default: throw unexpected(text, expected: isObjectOpen ? "`,` or `}`" : "`,` or `]`")
      }
    }
    return false
  }

  private func refuseDuplicates(_ text: Span<UInt8>, object: Int, _ keys: Int) throws(JSONError) {
    guard let key = JSONKey.firstDuplicate(in: tape.span, object: object, keys, text) else { return }
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
