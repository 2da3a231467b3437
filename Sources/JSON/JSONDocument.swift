// JSON: bytes in, values with line and column out, and values back to bytes.
//
// One strict parser (RFC 8259) serves events, chains and configuration. What comes in is a text of bytes nobody has looked at;
// what goes out is either a document in which everything has been checked (grammar, UTF-8, escapes, depth, duplicate keys) or
// one error that says where, what was expected and what came. This folder knows no field word, no file and no socket.
//
// Three faces: `JSONParser` leaves a bare tape of places (common events, thousands a call), `JSONDocument`/`JSONNode` look
// into the text as it stands (errors with places), and `JSONValue` is a value of its own (answers, configuration,
// whatever outlives the text).

import Synchronization

/// A parsed text: its bytes and a flat tape of nodes. One pass, everything validated, no allocation per value.
public struct JSONDocument: Sendable {
  let storage: JSONStorage

  /// Cost: about two nanoseconds a byte. The array is kept, not copied.
  public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
    try self.init(parsing: bytes[...], limits: limits)
  }

  /// One line of NDJSON, say: places in errors count from the start of the slice. Keeps the array behind the slice alive.
  public init(parsing slice: ArraySlice<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    var parser = JSONParser(limits: limits)
    try parser.parse(slice.span)
    storage = JSONStorage(text: slice, tape: parser.tape)
  }

  fileprivate init(storage: JSONStorage) { self.storage = storage }

  /// The outermost value.
  public var root: JSONNode { JSONNode(storage: storage, index: 0) }
}

extension JSONParser {
  /// Of the text parsed last, once that has gone well, with its tape: nothing is parsed again.
  public func document(of text: ArraySlice<UInt8>) -> JSONDocument {
    JSONDocument(storage: JSONStorage(text: text, tape: tape))
  }
}

/// What all nodes of a document share.
final class JSONStorage: Sendable {
  let text: ArraySlice<UInt8>
  let tape: ContiguousArray<TapeEntry>
  /// Made for the first place that is asked for: ten thousand errors of a long text must not cost a walk through it each.
  private let marks = Mutex<[JSONLocation]>([])

  init(text: ArraySlice<UInt8>, tape: ContiguousArray<TapeEntry>) {
    self.text = text
    self.tape = tape
  }

  /// The bytes of an offset range that counts from the start of the text.
  func bytes(_ start: Int, _ end: Int) -> ArraySlice<UInt8> {
    text[(text.startIndex + start)..<(text.startIndex + end)]
  }

  /// The bytes an escaped string stands for; the range lies between its quotes.
  func decoded(_ start: Int, _ end: Int) -> [UInt8] {
    let text = self.text
    return JSONText.decoded(text.span, start, end)
  }

  func location(_ offset: Int) -> JSONLocation {
    let text = self.text
    let mark = marks.withLock { marks in
      if marks.isEmpty { marks = JSONLocation.marks(of: text.span) }
      return JSONLocation.nearest(to: offset, among: marks)
    }
    return mark.advanced(to: offset, in: text.span)
  }
}
