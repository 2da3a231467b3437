/// Takes CSV apart as RFC 4180 has it, from pieces of any size: records of fields with the places they began at. Lines may
/// end with LF alone.
struct CSVRecords {
  struct Field {
    var bytes: [UInt8] = []
    var isQuoted = false
    /// From 1, in bytes.
    var line = 1
    var column = 1
  }

  enum Item {
    case record([Field])
    case refused(line: Int, column: Int, detail: String)
  }

  private enum State {
    case start, plain, quoted, quoteInside
    /// What cannot be a record is read over to the end of its line.
    case skipping
  }

  /// Of one record, its line feed not counted.
  static let maxBytes = 256 * 1024

  private var state = State.start
  private var field = Field()
  private var record: [Field] = []
  private var recordBytes = 0
  private var line = 1
  private var column = 0
  private var isBegun = false

  mutating func take(_ bytes: [UInt8], into items: inout [Item]) {
    for byte in bytes { take(byte, into: &items) }
  }

  /// What stands behind the last line feed.
  mutating func finish(into items: inout [Item]) {
    switch state {
    case .quoted: items.append(.refused(line: field.line, column: field.column, detail: "expected a closing quote"))
    case .start where !isBegun, .skipping: break
    case .start, .plain, .quoteInside: endRecord(into: &items)
    }
    (state, isBegun) = (.start, false)
  }

  private mutating func take(_ byte: UInt8, into items: inout [Item]) {
    column += 1
    let isEnd = byte == UInt8(ascii: "\n")
    defer { if isEnd { (line, column) = (line + 1, 0) } }
    if !isBegun {
      // An empty line is nothing.
      if isEnd { return }
      begin()
    }
    if !isEnd || state == .quoted { recordBytes += 1 }
    if recordBytes > Self.maxBytes, state != .skipping {
      refuse("expected a record of at most \(Self.maxBytes) bytes", &items)
    }
    switch state {
    case .skipping: if isEnd { (state, isBegun) = (.start, false) }
    case .quoted:
      if byte == UInt8(ascii: "\"") { state = .quoteInside } else { field.bytes.append(byte) }
    case .quoteInside where byte == UInt8(ascii: "\""):
      field.bytes.append(byte)
      state = .quoted
    case .quoteInside where byte == UInt8(ascii: "\r"): break
    case .start where byte == UInt8(ascii: "\""):
      field.isQuoted = true
      state = .quoted
    case .start, .plain, .quoteInside:
      switch byte {
      case UInt8(ascii: ","): endField()
      case UInt8(ascii: "\n"): endRecord(into: &items)
      case _ where state == .quoteInside, UInt8(ascii: "\""):
        refuse("expected a comma or the end of the line behind a closing quote, and quotes in quotes doubled", &items)
      default:
        field.bytes.append(byte)
        state = .plain
      }
    }
  }

  private mutating func begin() {
    isBegun = true
    (record, recordBytes) = ([], 0)
    beginField(at: column)
  }

  private mutating func beginField(at column: Int) {
    field = Field(line: line, column: column)
    state = .start
  }

  private mutating func endField() {
    record.append(field)
    beginField(at: column + 1)
  }

  private mutating func endRecord(into items: inout [Item]) {
    if state == .plain, field.bytes.last == UInt8(ascii: "\r") { field.bytes.removeLast() }
    record.append(field)
    let isEmpty = record.count == 1 && record[0].bytes.isEmpty && !record[0].isQuoted
    if !isEmpty { items.append(.record(record)) }
    (state, isBegun, record) = (.start, false, [])
  }

  private mutating func refuse(_ detail: String, _ items: inout [Item]) {
    items.append(.refused(line: line, column: column, detail: detail))
    record = []
    field = Field()
    state = .skipping
  }
}
