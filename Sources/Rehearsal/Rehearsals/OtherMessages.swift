import Domain
import Ingest
import SQL

/// Messages of other chains that left while the rehearsal's time ran: they count for caps, from their moment on, for
/// those whom the rehearsal has come to know.
final class OtherMessages {
  private let past: any Past
  private let wish: RehearsalWish
  private let db: Connection
  private let columns: [String]
  /// Of the page at hand, by messages.id.
  private var rows: [Int64: [SQLValue]] = [:]

  init(_ past: any Past, _ wish: RehearsalWish, _ db: Connection) throws {
    (self.past, self.wish, self.db) = (past, wish, db)
    columns = try PastTable(name: "messages", key: []).columns(db).filter { $0 != "values" }
  }

  func read(_ page: [PastEvents.Item]) throws {
    rows = [:]
    let known = try page.filter { item in
      guard let contact = item.contact, isHandOver(item) else { return false }
      return try db.first("SELECT 1 FROM past_contacts WHERE contact = $1", [.int(contact)]) { _ in true } ?? false
    }
    let ids = known.compactMap(\.event.message)
    guard !ids.isEmpty else { return }
    let sql = "SELECT \(columns.joined(separator: ", ")) FROM messages WHERE id = $1"
    rows = try past.read { live in
      try ids.reduce(into: [:]) { rows, id in rows[id] = try live.first(sql, [.int(id)]) { $0.values } }
    }
  }

  func isSent(_ item: PastEvents.Item) -> Bool {
    isHandOver(item) && item.event.message.map { rows[$0] != nil } ?? false
  }

  func store(_ item: PastEvents.Item) throws {
    guard let id = item.event.message, let row = rows[id] else { return }
    _ = try db.transaction { try db.run(PastTable.insertion(into: "messages", columns), row) }
  }

  private func isHandOver(_ item: PastEvents.Item) -> Bool {
    guard let chain = item.messageChain, chain != wish.number else { return false }
    return item.event.type == "message.sent" || item.event.type == "message.unknown"
  }
}
