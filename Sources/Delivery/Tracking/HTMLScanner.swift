import Glibc

/// Finds tags and attributes in HTML by the tokenizer's rules (WHATWG HTML §13.2.5), whatever was written: browsers
/// refuse nothing, so neither does this. One pass, no way back, so time is linear however hostile the text.
/// Conditional comments of Outlook (`<!--[if mso]>…<![endif]-->`) are markup to it, and so they are here.
struct HTMLScanner {
  enum Token {
    case text(Range<Int>)
    case tag(HTMLTag)
    /// Comments, doctypes and what a browser takes for one.
    case comment(Range<Int>)
    /// What an element holds that can hold no tags, `script` or `title`.
    case rawText(element: HTMLName, Range<Int>)
    /// A tag or comment that never ends, up to the end of the text.
    case unfinished(Range<Int>)
  }

  private let bytes: [UInt8]
  /// Tags whose attributes are told; nil: all.
  private let names: [HTMLName]?
  private var at = 0
  /// The element whose raw text begins here.
  private var rawElement: HTMLName?

  /// - Parameter names: the tags whose attributes are wanted; the others' are passed over. Nil: of all.
  init(_ bytes: [UInt8], attributesOf names: [HTMLName]? = nil) { (self.bytes, self.names) = (bytes, names) }

  mutating func next() -> Token? {
    if let element = rawElement {
      rawElement = nil
      let range = at..<endOfRawText(element)
      at = range.upperBound
      if !range.isEmpty { return .rawText(element: element, range) }
    }
    guard at < bytes.count else { return nil }
    return bytes[at] == UInt8(ascii: "<") && opensMarkup(at) ? markup() : text()
  }

  private mutating func text() -> Token {
    let start = at
    repeat { at = bracket(from: at + 1) } while at < bytes.count && !opensMarkup(at)
    return .text(start..<at)
  }

  /// The next `<`, or the end of the text.
  private func bracket(from place: Int) -> Int {
    bytes.withUnsafeBytes { bytes in
      guard place < bytes.count, let start = bytes.baseAddress,
        let found = memchr(start + place, Int32(UInt8(ascii: "<")), bytes.count - place)
      else { return bytes.count }
      return UnsafeRawPointer(found) - start
    }
  }

  /// `<` before a letter, `/`, `!` or `?`; any other is text.
  private func opensMarkup(_ place: Int) -> Bool {
    guard place + 1 < bytes.count else { return false }
    let byte = bytes[place + 1]
    return byte.isASCIILetter || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?")
  }

  private mutating func markup() -> Token {
    let start = at
    guard bytes[start + 1] == UInt8(ascii: "!") else { return tag() }
    if starts(with: "<!--[if", at: start) { return comment(from: start, to: find(">", from: start)) }
    if starts(with: "<!-->", at: start) { return comment(from: start, to: start + 5) }
    if starts(with: "<!--->", at: start) { return comment(from: start, to: start + 6) }
    if starts(with: "<!--", at: start) { return comment(from: start, to: find("-->", from: start + 4)) }
    return comment(from: start, to: find(">", from: start))
  }

  private mutating func comment(from start: Int, to end: Int?) -> Token {
    at = end ?? bytes.count
    return end == nil ? .unfinished(start..<at) : .comment(start..<at)
  }

  private mutating func tag() -> Token {
    let start = at
    let isEnd = bytes[start + 1] == UInt8(ascii: "/")
    let name = start + (isEnd ? 2 : 1)
    guard name < bytes.count, bytes[name].isASCIILetter else {
      return comment(from: start, to: find(">", from: start))
    }
    at = name
    skip { !$0.isHTMLSpace && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ">") }
    var tag = HTMLTag(range: start..<at, name: HTMLName(bytes, name..<at), isEnd: isEnd, attributes: [])
    let isWanted = names?.contains(tag.name) ?? true
    while true {
      skip { $0.isHTMLSpace || $0 == UInt8(ascii: "/") }
      guard at < bytes.count else { return .unfinished(start..<at) }
      if bytes[at] == UInt8(ascii: ">") { break }
      guard let attribute = attribute() else { return .unfinished(start..<at) }
      if isWanted { tag.attributes.append(attribute) }
    }
    at += 1
    tag.range = start..<at
    if !isEnd, HTMLName.rawElements.contains(tag.name) { rawElement = tag.name }
    return .tag(tag)
  }

  /// Nil when its value never ends.
  private mutating func attribute() -> HTMLAttribute? {
    let start = at
    at += 1  // a `=` here belongs to the name
    skip { !$0.isHTMLSpace && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "=") }
    var attribute = HTMLAttribute(name: start..<at, value: nil)
    let afterName = at
    skip { $0.isHTMLSpace }
    guard at < bytes.count, bytes[at] == UInt8(ascii: "=") else {
      at = afterName
      return attribute
    }
    at += 1
    skip { $0.isHTMLSpace }
    guard at < bytes.count else { return nil }
    let valueStart = at
    if bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "'") {
      let quote = bytes[at]
      at += 1
      skip { $0 != quote }
      guard at < bytes.count else { return nil }
      at += 1
      attribute.value = .init(whole: valueStart..<at, text: (valueStart + 1)..<(at - 1))
    } else {
      skip { !$0.isHTMLSpace && $0 != UInt8(ascii: ">") }
      attribute.value = .init(whole: valueStart..<at, text: valueStart..<at)
    }
    return attribute
  }

  private mutating func skip(while holds: (UInt8) -> Bool) {
    while at < bytes.count, holds(bytes[at]) { at += 1 }
  }

  /// Where `</element` begins, or the end of the text.
  private func endOfRawText(_ element: HTMLName) -> Int {
    let length = element.length
    var place = at
    while place + 2 + length <= bytes.count {
      if bytes[place] == UInt8(ascii: "<"), bytes[place + 1] == UInt8(ascii: "/"),
        HTMLName(bytes, (place + 2)..<(place + 2 + length)) == element
      {
        let after = place + 2 + length
        if after == bytes.count || bytes[after].isHTMLSpace || bytes[after] == UInt8(ascii: ">")
          || bytes[after] == UInt8(ascii: "/")
        {
          return place
        }
      }
      place += 1
    }
    return bytes.count
  }

  private func starts(with text: StaticString, at place: Int) -> Bool {
    place + text.utf8CodeUnitCount <= bytes.count
      && text.withUTF8Buffer { bytes[place..<(place + $0.count)].elementsEqual($0) }
  }

  /// The place behind the next such text.
  private func find(_ text: StaticString, from place: Int) -> Int? {
    var at = place
    while at + text.utf8CodeUnitCount <= bytes.count {
      if starts(with: text, at: at) { return at + text.utf8CodeUnitCount }
      at += 1
    }
    return nil
  }
}

/// A tag as it stands: ranges are offsets in the text.
struct HTMLTag {
  var range: Range<Int>
  var name: HTMLName
  var isEnd: Bool
  var attributes: [HTMLAttribute]

  /// The first of that name, as browsers do it; the name in lower case.
  func attribute(_ name: String, in bytes: [UInt8]) -> HTMLAttribute? {
    attributes.first { HTMLText.matches(bytes[$0.name], name) }
  }
}

struct HTMLAttribute {
  struct Value {
    /// With its quotes.
    var whole: Range<Int>
    /// Without; the same where there are none.
    var text: Range<Int>

    var isQuoted: Bool { whole != text }
  }

  var name: Range<Int>
  var value: Value?
}
