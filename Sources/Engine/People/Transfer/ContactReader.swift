public import Domain
import JSON

/// Contacts out of a stream of bytes, CSV or NDJSON, in pieces of any size and constant memory.
public struct ContactReader {
  public enum Format: String, Sendable, CaseIterable {
    case csv, ndjson
  }

  public enum Item: Sendable {
    case contact(ImportedContact, line: Int)
    case refused([Issue], line: Int)
  }

  /// Of one line of NDJSON.
  static let lineBytes = 256 * 1024

  private let format: Format
  private let types: [String: AttributeType]
  private let isRaw: Bool
  private var records = CSVRecords()
  private var columns: CSVColumns?
  private var waiting: [UInt8] = []
  private var isSkipping = false
  private var line = 0

  /// - Parameters:
  ///   - types: of attributes, where a table does not say.
  ///   - isRaw: what a table's cells say is taken as it stands.
  public init(_ format: Format, types: [String: AttributeType], isRaw: Bool = false) {
    (self.format, self.types, self.isRaw) = (format, types, isRaw)
  }

  /// Throws when the table's first row cannot be one.
  public mutating func take(_ bytes: [UInt8]) throws(Refusal) -> [Item] {
    switch format {
    case .ndjson: return takeLines(bytes)
    case .csv:
      var found: [CSVRecords.Item] = []
      records.take(bytes, into: &found)
      return try items(of: found)
    }
  }

  /// What stands behind the last line feed.
  public mutating func finish() throws(Refusal) -> [Item] {
    switch format {
    case .ndjson: return waiting.isEmpty && !isSkipping ? [] : takeLines([UInt8(ascii: "\n")])
    case .csv:
      var found: [CSVRecords.Item] = []
      records.finish(into: &found)
      return try items(of: found)
    }
  }

  private mutating func items(of found: [CSVRecords.Item]) throws(Refusal) -> [Item] {
    var items: [Item] = []
    for item in found {
      switch item {
      case .refused(let line, let column, let detail):
        let issue = Issue(pointer: "", line: line, column: column, code: .syntax, detail: detail)
        guard columns != nil else { throw Refusal([issue]) }
        items.append(.refused([issue], line: line))
      case .record(let record):
        guard let columns else {
          self.columns = try CSVColumns(record, types: types, isRaw: isRaw)
          continue
        }
        let line = record.first?.line ?? 0
        do throws(Refusal) {
          items.append(.contact(try columns.contact(record), line: line))
        } catch {
          items.append(.refused(error.issues, line: line))
        }
      }
    }
    return items
  }

  private mutating func takeLines(_ bytes: [UInt8]) -> [Item] {
    var items: [Item] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      line += 1
      if isSkipping {
        isSkipping = false
      } else {
        let text = waiting + bytes[start..<end]
        if text.count > Self.lineBytes { items.append(tooLong()) } else if let item = item(text) { items.append(item) }
      }
      waiting = []
      start = end + 1
    }
    if !isSkipping { waiting += bytes[start...] }
    if waiting.count > Self.lineBytes {
      line += 1
      items.append(tooLong())
      line -= 1
      (waiting, isSkipping) = ([], true)
    }
    return items
  }

  private func tooLong() -> Item {
    let detail = "expected a line of at most \(Self.lineBytes) bytes"
    return .refused([Issue(pointer: "", line: line, column: 1, code: .tooLarge, detail: detail)], line: line)
  }

  /// Nil: there is nothing on the line.
  private func item(_ text: [UInt8]) -> Item? {
    guard text.contains(where: { $0 > 0x20 }) else { return nil }
    func placed(_ issue: Issue) -> Issue {
      var issue = issue
      issue.line = line
      return issue
    }
    do {
      return .contact(try ImportedContact(JSONDocument(parsing: text).root), line: line)
    } catch let refusal as Refusal {
      return .refused(refusal.issues.map(placed), line: line)
    } catch let error as JSONError {
      let issue = Issue(pointer: "", at: error.location, code: .syntax, detail: "\(error)")
      return .refused([placed(issue)], line: line)
    } catch {
      return .refused([Issue(pointer: "", line: line, code: .syntax, detail: "\(error)")], line: line)
    }
  }
}
