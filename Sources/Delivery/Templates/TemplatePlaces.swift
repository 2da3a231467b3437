/// Where in its HTML each tag of a template stands, for what is harmless in one place is not in another: `"` ends an
/// attribute, `javascript:` is no danger but at the start of an address, and nothing makes a script safe.
struct TemplatePlaces {
  enum Place: Equatable {
    /// Between tags.
    case element
    /// In a quoted attribute like any other.
    case attribute
    /// Where an address begins: the value may decide its scheme.
    case addressStart
    /// Further on in an address.
    case address
    /// In a `style`.
    case style
    /// Where no value may stand; the text goes on "expected a value …, got one ".
    case forbidden(String)
  }

  struct Finding {
    /// In the template's source.
    var offset: Int
    var detail: String
    var hint: String?
    var isWarning = false
  }

  /// By the tag's offset in the source; tags that print nothing are not among them.
  private(set) var places: [Int: Place] = [:]
  private(set) var findings: [Finding] = []

  /// The HTML with one byte for each tag that prints something and nothing for the others.
  private var html: [UInt8] = []
  private var marks: [(offset: Int, source: Int)] = []
  private var origins: [(offset: Int, source: Int)] = []
  private var nextMark = 0

  /// No text of a template holds it.
  private static let mark: UInt8 = 1

  init(_ source: [UInt8], _ pieces: [TemplateScanner.Piece]) {
    for piece in pieces {
      switch piece {
      case .text(let range):
        origins.append((html.count, range.lowerBound))
        html += source[range]
      case .tag(let tag) where tag.kind == .value || tag.kind == .rawValue || tag.kind == .partial:
        marks.append((html.count, tag.start))
        html.append(Self.mark)
      case .tag: break
      }
    }
    var scanner = HTMLScanner(html)
    while let token = scanner.next() {
      switch token {
      case .text(let range), .comment(let range): place(range, .element)
      case .rawText(.style, let range): place(range, .style)
      case .rawText(.title, let range), .rawText(.textarea, let range): place(range, .element)
      case .rawText(let element, let range): place(range, .forbidden("inside `<\(element)>`"))
      case .tag(let tag): read(tag)
      case .unfinished(let range):
        find(range.lowerBound, "expected `>` to end what begins here, got the end of the template")
        place(range, .forbidden("inside a tag that never ends"))
      }
    }
    // Whatever comes next would be the name of a tag.
    if endsInBracket(html.count) { find(html.count - 1, "expected a tag behind `<`, got the end of the template") }
    for mark in marks where endsInBracket(mark.offset) { places[mark.source] = .forbidden("behind `<`") }
  }

  private func endsInBracket(_ end: Int) -> Bool {
    let before = html[..<end].suffix(2)
    return before.last == UInt8(ascii: "<")
      || before.first == UInt8(ascii: "<") && "/!?".utf8.contains(before.last ?? 0)
  }

  private mutating func place(_ range: Range<Int>, _ place: Place) {
    while nextMark < marks.count, marks[nextMark].offset < range.upperBound {
      places[marks[nextMark].source] = place
      nextMark += 1
    }
  }

  private mutating func find(_ offset: Int, _ detail: String, hint: String? = nil, isWarning: Bool = false) {
    let origin = origins.last { $0.offset <= offset } ?? (0, 0)
    findings.append(
      Finding(offset: origin.source + offset - origin.offset, detail: detail, hint: hint, isWarning: isWarning))
  }

  private mutating func read(_ tag: HTMLTag) {
    for attribute in tag.attributes {
      guard let value = attribute.value else { continue }
      // Marks before the value are in the tag itself.
      place(tag.range.lowerBound..<value.text.lowerBound, .forbidden("inside a tag, outside of the quotes"))
      let name = HTMLText.lowercased(html[attribute.name])
      if !value.isQuoted {
        place(value.text, .forbidden("in an attribute without quotes"))
      } else if name.hasPrefix("on") || name == "srcdoc" {
        place(value.text, .forbidden("in `\(name)`, which is a script"))
      } else if name == "style" {
        place(value.text, .style)
      } else if Self.addresses.contains(name) {
        readAddress(value.text)
      } else {
        place(value.text, .attribute)
      }
    }
    place(tag.range, .forbidden("inside a tag, outside of the quotes"))
  }

  private static let addresses: Set<String> = [
    "href", "src", "action", "formaction", "background", "cite", "data", "longdesc", "manifest", "ping", "poster",
    "xlink:href",
  ]

  /// As far as no `/`, `?`, `#` or `:` has been written, what is put in may still decide the scheme.
  private mutating func readAddress(_ range: Range<Int>) {
    let end = html[range].firstIndex { "/?#:".utf8.contains($0) } ?? range.upperBound
    let hasValue = html[range.lowerBound..<end].contains(Self.mark)
    place(range.lowerBound..<end, .addressStart)
    let path = html[end..<range.upperBound].firstIndex { "/?#".utf8.contains($0) } ?? range.upperBound
    place(end..<path, .attribute)
    place(path..<range.upperBound, .address)
    if !hasValue { check(range) }
  }

  private mutating func check(_ range: Range<Int>) {
    let address = HTMLText.unescaped(html[range].map { $0 == Self.mark ? UInt8(ascii: "x") : $0 }[...])
    switch Address(address) {
    case .absolute, .fragment: break
    case .relative where address.allSatisfy { $0.isHTMLSpace }: break
    case .relative:
      find(
        range.lowerBound, "expected an address that begins with `https://`, got a relative one",
        hint: "a letter is read elsewhere: `{{shop.url}}/…`", isWarning: true)
    case .refused(let scheme):
      find(
        range.lowerBound,
        "expected an address of \(Address.schemes.sorted().joined(separator: ", ")), got `\(scheme.prefix(40)):`")
    case .broken: find(range.lowerBound, "expected an address on one line, got a line break or control character in it")
    }
  }
}

/// What an address is, as browsers read it.
enum Address: Equatable {
  case absolute
  case relative
  case fragment
  /// A scheme that does something else than lead somewhere: `javascript`, `data`.
  case refused(String)
  case broken

  static let schemes: Set<String> = ["http", "https", "mailto", "tel", "sms", "cid"]

  init(_ written: [UInt8]) {
    let address = written.drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }.reversed()
    guard address.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      self = .broken
      return
    }
    guard let end = address.firstIndex(where: { "/?#:".utf8.contains($0) }) else {
      self = .relative
      return
    }
    let scheme = HTMLText.lowercased(Array(address[..<end])[...])
    switch address[end] {
    case UInt8(ascii: ":"): self = Self.schemes.contains(scheme) ? .absolute : .refused(scheme)
    case UInt8(ascii: "#") where scheme.isEmpty: self = .fragment
    default: self = .relative
    }
  }
}
