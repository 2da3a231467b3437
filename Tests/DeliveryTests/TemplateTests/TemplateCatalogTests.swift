import Domain
import JSON
import Synchronization
import Testing

@testable import Delivery

@Suite struct TemplateCatalogTests {
  final class Store: Sendable {
    let documents = Mutex<[String: [Int64: String]]>([:])
    let loads = Atomic<Int>(0)

    func save(_ id: String, _ text: String) {
      documents.withLock { $0[id, default: [:]][Int64(($0[id]?.count ?? 0) + 1)] = #"{"text":"\#(text)"}"# }
    }

    func catalog(capacity: Int = 512) -> TemplateCatalog {
      TemplateCatalog(shop: Fixture.shop, capacity: capacity) { id, version in
        self.loads.add(1, ordering: .relaxed)
        return self.documents.withLock { documents in
          guard let versions = documents[id], let newest = versions.keys.max() else { return nil }
          return versions[version ?? newest].map { (version ?? newest, $0) }
        }
      }
    }
  }

  let store = Store()

  func text(_ catalog: TemplateCatalog, _ id: String, _ version: Int64) throws -> String? {
    try catalog.template(id, version: version)?.render(values: [:], locale: nil, zone: .utc).text
  }

  @Test("a version is compiled once and stays what it was when the next is saved")
  func versions() throws {
    let catalog = store.catalog()
    store.save("a", "one")
    #expect(try text(catalog, "a", 1) == "one")
    store.save("a", "two")
    catalog.invalidate("a")
    #expect(try text(catalog, "a", 1) == "one")
    #expect(try text(catalog, "a", 2) == "two")
    let loads = store.loads.load(ordering: .relaxed)
    for _ in 0..<10 { _ = try text(catalog, "a", 2) }
    #expect(store.loads.load(ordering: .relaxed) == loads)
  }

  @Test("what is not there is nil, and is looked for again")
  func absent() throws {
    let catalog = store.catalog()
    #expect(try catalog.template("a", version: 1) == nil)
    #expect(try catalog.latestTypes("a") == [])
    store.save("a", "{{latest.cart.total}}")
    catalog.invalidate("a")
    #expect(try catalog.template("a", version: 2) == nil)
    #expect(try catalog.template("a", version: 1) != nil)
    #expect(try catalog.latestTypes("a").contains("cart"))
  }

  @Test("a saved partial is seen by all that include it, however deep, and by no others")
  func partials() throws {
    let catalog = store.catalog()
    store.save("leaf", "old")
    store.save("middle", "({{> leaf}})")
    store.save("top", "[{{> middle}}]")
    store.save("other", "other")
    #expect(try text(catalog, "top", 1) == "[(old)]")
    _ = try text(catalog, "other", 1)
    store.save("leaf", "new {{latest.view.sku}}")
    catalog.invalidate("leaf")
    #expect(try catalog.latestTypes("top").contains("view"))
    let loads = store.loads.load(ordering: .relaxed)
    _ = try text(catalog, "other", 1)
    #expect(store.loads.load(ordering: .relaxed) == loads)
  }

  @Test("a template whose partial no longer fits is refused, and works again once it does")
  func brokenPartial() throws {
    let catalog = store.catalog()
    store.save("a", "{{> b}}")
    #expect(throws: Refusal.self) { try catalog.template("a", version: 1) }
    #expect(try catalog.latestTypes("a") == [])
    store.save("b", "{{latest.cart.id}}")
    catalog.invalidate("b")
    #expect(try catalog.template("a", version: 1) != nil)
    #expect(try catalog.latestTypes("a").contains("cart"))
  }

  @Test("what was read before a save is not kept after it")
  func race() throws {
    let catalog = Mutex<TemplateCatalog?>(nil)
    let made = TemplateCatalog(shop: Fixture.shop) { [store] id, version in
      let found = store.documents.withLock { $0[id]?[version ?? 1].map { (version ?? 1, $0) } }
      // The save comes between the reading and the keeping.
      store.documents.withLock { $0["b"] = [1: #"{"text":"new"}"#] }
      catalog.withLock { $0 }?.invalidate("b")
      return found
    }
    store.save("a", "{{> b}}")
    store.save("b", "old")
    catalog.withLock { $0 = made }
    #expect(try text(made, "a", 1) == "new" || text(made, "a", 1) == "new")
  }

  @Test("many versions leave a bounded number behind")
  func bounded() throws {
    let catalog = store.catalog(capacity: 4)
    for number in 1...50 {
      store.save("a", "v\(number)")
      #expect(try text(catalog, "a", Int64(number)) == "v\(number)")
    }
  }
}
