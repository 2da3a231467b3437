import Domain
import Engine
import HTTP
import JSON
import SQL

/// All contacts in the making of an answer: a page of rows at a time goes from the readers into a file without a name, so
/// that memory is bounded and no reader is held; then the file is the answer. Who comes in meanwhile may be in it or not.
final class ContactsExport: @unchecked Sendable {
  // Unchecked: one page is read after the other, never two at once.
  private static let page = 500

  private let format: ContactReader.Format
  private let isRaw: Bool
  private let stages: Stages
  private let reply: Reply
  private var file: ScratchText?
  private var columns = ContactTable.Columns()
  private var table: ContactTable?

  init(_ format: ContactReader.Format, isRaw: Bool, _ stages: Stages, _ reply: @escaping Reply) {
    (self.format, self.isRaw, self.stages, self.reply) = (format, isRaw, stages, reply)
  }

  func begin() {
    stages.slice(reply) { [self] _ in
      file = try ScratchText(under: stages.scratchFolder)
      switch format {
      case .ndjson: lines(after: 0)
      case .csv: gather(after: 0)
      }
    }
  }

  private func lines(after row: Int64) {
    page(after: row) { [self] contact, consents in
      try file?.write(ContactTable.json(contact, consents: consents).text + "\n")
    } then: { [self] in
      if let last = $0 { lines(after: last) } else { try finish() }
    }
  }

  /// The first row names all columns there are.
  private func gather(after row: Int64) {
    page(after: row) { [self] contact, consents in
      columns.add(contact, consents: consents)
    } then: { [self] in
      guard columns.count <= ContactTable.Columns.limit else {
        throw Problem.conflict(
          "expected at most \(ContactTable.Columns.limit) columns, got more; `?format=ndjson` has no columns")
      }
      if let last = $0 { return gather(after: last) }
      let table = ContactTable(columns, isRaw: isRaw)
      self.table = table
      try file?.write(table.header)
      rows(after: 0)
    }
  }

  private func rows(after row: Int64) {
    page(after: row) { [self] contact, consents in
      if let table { try file?.write(table.row(contact, consents: consents)) }
    } then: { [self] in
      if let last = $0 { rows(after: last) } else { try finish() }
    }
  }

  private func page(
    after row: Int64, _ body: @escaping @Sendable (Contact, [Consents.State]) throws -> Void,
    then: @escaping @Sendable (Int64?) throws -> Void
  ) {
    stages.slice(reply) { db in
      let contacts = try People().page(after: row, limit: Self.page, db)
      for contact in contacts where contact.isAnybody { try body(contact, try Consents().all(of: contact.row, db)) }
      try then(contacts.count == Self.page ? contacts.last?.row : nil)
    }
  }

  private func finish() throws {
    guard let file else { return }
    let (type, name) = format == .csv ? ("text/csv; charset=utf-8", "csv") : ("application/x-ndjson", "ndjson")
    reply(.download(try file.body(), type: type, name: "contacts.\(name)"))
  }
}

extension Contact {
  /// Not one of whom nothing is left.
  fileprivate var isAnybody: Bool { externalID != nil || email != nil || phone != nil || anonymousID != nil }
}
