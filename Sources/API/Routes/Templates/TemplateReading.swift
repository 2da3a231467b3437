import Delivery
import Domain
import SQL

/// Makes templates ready out of the connection at hand. The catalog's are not asked for: it reads by itself, and a read
/// that waits for another could wait for ever.
struct TemplateReading: Sendable {
  let shop: TemplateShop
  private let store = TemplateStore()

  init(shop: TemplateShop) { self.shop = shop }

  /// - Parameter version: nil is the newest.
  func template(_ id: String, version: Int64?, _ db: Connection) throws -> Template? {
    guard let version = try version ?? store.newest(id, db),
      let document = try store.document(id, version: version, db)
    else { return nil }
    return try make(TemplateDocument(parsing: Array(document.utf8)), db)
  }

  /// Throws a `Refusal` with everything that is wrong.
  func make(_ document: TemplateDocument, _ db: Connection) throws -> Template {
    try Template(document, shop: shop, library: library(db))
  }

  /// All templates there are: a library is asked from anywhere, a connection only here.
  private func library(_ db: Connection) throws -> TemplateLibrary {
    var documents: [String: String] = [:]
    var last = ""
    while true {
      let page = try store.page(after: last, limit: Paging.maxLimit, db)
      for stored in page { documents[stored.id] = stored.document }
      guard let end = page.last, page.count == Paging.maxLimit else { break }
      last = end.id
    }
    return TemplateLibrary(
      ids: { [documents] in documents.keys.sorted() },
      document: { [documents] id in try documents[id].map { try TemplateDocument(parsing: Array($0.utf8)) } })
  }
}
