import JSON
import Mustache

/// One rendering of one body: answers what swift-mustache asks for, and keeps count. Values are read, never parsed:
/// none can become template code. Used by one thread.
final class Rendering {
  let program: TemplateProgram
  let locale: LocaleFormats
  let zone: TemplateZone
  private let values: JSONValue
  private(set) var findings: [RenderFailure.Finding] = []
  private var bytesLeft: Int
  private var itemsLeft = maxItems
  /// Nothing more is looked up after this.
  private var isOver = false

  /// Of one list, and of all lists of a body together.
  static let maxItemsOfList = 10_000
  static let maxItems = 50_000
  private static let maxFindings = 16

  init(_ program: TemplateProgram, values: JSONValue, locale: LocaleFormats, zone: TemplateZone) {
    (self.program, self.values, self.locale, self.zone) = (program, values, locale, zone)
    bytesLeft = program.part.maxRenderedBytes
  }

  func render() throws(RenderFailure) -> String {
    let text = program.mustache.render(RenderFrame(values, in: self, parent: nil))
    guard findings.isEmpty else { throw RenderFailure(findings) }
    return text
  }

  /// Text and values up to the next section, seen from a frame.
  func run(_ number: Int, in frame: RenderFrame) -> Printed {
    guard !isOver, program.code.runs.indices.contains(number) else { return .nothing }
    let run = program.code.runs[number]
    var text = ""
    text.reserveCapacity(run.bytes + run.pieces.count * 16)
    for piece in run.pieces {
      switch piece {
      case .text(let piece): append(piece, to: &text)
      case .value(let number): appendValue(number, in: frame, to: &text)
      }
    }
    return Printed(text)
  }

  private func append(_ text: String, to run: inout String) {
    if spend(text.utf8.count) { run += text }
  }

  private func appendValue(_ number: Int, in frame: RenderFrame, to run: inout String) {
    guard let reference = reference(number) else { return }
    guard let found = frame.value(of: reference.expression.operand) else {
      return note(reference, .missingValue, "is missing")
    }
    guard let value = apply(reference, to: found) else { return }
    if value.isNull { return note(reference, .missingValue, "is missing") }
    guard let text = value.printed else { return note(reference, .badValue, "is a list or an object, not a text") }
    guard let escaped = reference.escape.apply(text) else {
      return note(reference, .badValue, "may not stand in this place of the HTML")
    }
    append(escaped, to: &run)
  }

  /// What a section is about: false, true, a list, or a frame. Empty texts and 0 are false, as in mustache.js and
  /// Handlebars.
  func section(_ number: Int, in frame: RenderFrame) -> Any {
    guard let reference = reference(number) else { return false }
    switch apply(reference, to: frame.value(of: reference.expression.operand) ?? .null) {
    case nil, .null: return false
    case .bool(let bool): return bool
    case .string(let text) where text.isEmpty: return false
    case .number(let number) where number == 0: return false
    case .array(let items) where items.count > Self.maxItemsOfList:
      end(reference, "has more than \(Self.maxItemsOfList) items")
      return false
    case .array(let items): return items.isEmpty ? false : RenderItems(items, in: self, parent: frame)
    case .string where !reference.isItemAsked, .number where !reference.isItemAsked: return true
    case let value?: return RenderFrame(value, in: self, parent: frame)
    }
  }

  /// Whether one more item may be gone through.
  func spendItem() -> Bool {
    guard !isOver else { return false }
    itemsLeft -= 1
    if itemsLeft < 0 { end(nil, "goes through more than \(Self.maxItems) items") }
    return !isOver
  }

  private func reference(_ number: Int) -> TemplateProgram.Reference? {
    isOver || !program.references.indices.contains(number) ? nil : program.references[number]
  }

  /// Nil where a function does not apply, which is noted. What is absent is absent whatever is asked of it, but for its
  /// being empty.
  private func apply(_ reference: TemplateProgram.Reference, to value: JSONValue) -> JSONValue? {
    var value = value
    for transform in reference.expression.transforms {
      if value.isNull, transform != .empty, transform != .count { return .null }
      guard let result = transform.apply(value, locale, zone) else {
        note(reference, .badValue, "is nothing that `\(transform.rawValue)` can be applied to")
        return nil
      }
      value = result
    }
    return value
  }

  private func spend(_ bytes: Int) -> Bool {
    guard !isOver else { return false }
    bytesLeft -= bytes
    if bytesLeft < 0 { end(nil, "is longer than \(program.part.maxRenderedBytes) bytes") }
    return !isOver
  }

  private func end(_ reference: TemplateProgram.Reference?, _ detail: String) {
    isOver = true
    note(reference, .tooLarge, detail)
  }

  private func note(_ reference: TemplateProgram.Reference?, _ code: RenderFailure.Code, _ detail: String) {
    guard findings.count < Self.maxFindings else { return }
    let finding = RenderFailure.Finding(
      code: code, name: reference?.expression.text, detail: detail, pointer: program.pointer, line: reference?.line,
      column: reference?.column, partial: reference?.partial)
    if !findings.contains(where: { $0.name == finding.name && $0.code == code }) { findings.append(finding) }
  }
}

extension TemplateEscape {
  /// Nil for what may not stand there. Control characters but tab and line ends are left out everywhere.
  func apply(_ text: String) -> String? {
    let clean = Self.withoutControls(text)
    switch self {
    case .plain: return clean
    case .html: return HTMLText.escaped(clean)
    case .address:
      switch Address(Array(clean.utf8)) {
      case .absolute, .relative, .fragment: return HTMLText.escaped(clean)
      case .refused, .broken: return nil
      }
    case .style:
      let isHarmless = clean.utf8.allSatisfy {
        $0.isASCIILetter || $0.isASCIIDigit || $0 >= 0x80 || "#%.,_- ".utf8.contains($0)
      }
      return isHarmless ? clean : nil
    }
  }

  private static func withoutControls(_ text: String) -> String {
    guard text.utf8.contains(where: isControl) else { return text }
    return String(decoding: text.utf8.filter { !isControl($0) }, as: UTF8.self)
  }

  private static func isControl(_ byte: UInt8) -> Bool {
    byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D || byte == 0x7F
  }
}
