import Domain
import Engine
import JSON
import SQL
import Testing

@Suite struct PeopleTests {
  let db: Connection
  let people = People()
  let noon = Timestamp(milliseconds: 1_772_452_800_000)

  init() throws { db = try TestStore().db }

  private func patch(_ text: String) throws -> ContactPatch {
    try ContactPatch(JSONDocument(parsing: Array(text.utf8)).root)
  }

  private func resolve(_ keys: ContactKeys, at moment: Timestamp, _ db: Connection) throws -> Int64 {
    try people.whose(keys, at: moment, db).row
  }

  @Test("an event makes the contact that its strongest key names, and later events find him")
  func strongestKey() throws {
    let ann = try resolve(ContactKeys(id: "ann", email: "ann@shop.example"), at: noon, db)
    #expect(try resolve(ContactKeys(id: "ann"), at: noon, db) == ann)
    #expect(try resolve(ContactKeys(email: "ann@shop.example"), at: noon, db) == ann)
    let contact = try #require(try people.contact(ann, db))
    #expect(contact.publicID == "ann")
    #expect(contact.email == "ann@shop.example")
    #expect(contact.firstSeenAt == noon)
  }

  @Test("a visitor who says who he is stays the same contact")
  func adoption() throws {
    let visitor = try resolve(ContactKeys(anonymousID: "browser"), at: noon, db)
    #expect(try resolve(ContactKeys(email: "ann@shop.example", anonymousID: "browser"), at: noon, db) == visitor)
    #expect(try resolve(ContactKeys(id: "ann", email: "ann@shop.example"), at: noon, db) == visitor)
    #expect(try people.find("ann", db)?.anonymousID == "browser")
  }

  @Test("contacts with different ids stay apart though they share an e-mail")
  func family() throws {
    let ann = try resolve(ContactKeys(id: "ann", email: "home@shop.example"), at: noon, db)
    let bob = try resolve(ContactKeys(id: "bob", email: "home@shop.example"), at: noon, db)
    #expect(ann != bob)
    #expect(try resolve(ContactKeys(email: "home@shop.example"), at: noon, db) == ann)
    #expect(try people.find("bob", db)?.email == "home@shop.example")
  }

  @Test("a browser belongs to whom it was last seen with")
  func sharedBrowser() throws {
    let ann = try resolve(ContactKeys(id: "ann", anonymousID: "browser"), at: noon, db)
    let bob = try resolve(ContactKeys(id: "bob"), at: noon, db)
    #expect(try resolve(ContactKeys(id: "bob", anonymousID: "browser"), at: noon, db) == bob)
    #expect(try resolve(ContactKeys(anonymousID: "browser"), at: noon, db) == bob)
    #expect(ann != bob)
  }

  @Test("who is known by an address alone is found by it, whatever its case")
  func prefixedIDs() throws {
    _ = try resolve(ContactKeys(email: "ann@shop.example"), at: noon, db)
    let contact = try #require(try people.find("email:Ann@Shop.example", db))
    #expect(contact.publicID == "email:ann@shop.example")
    #expect(try people.find("ann", db) == nil)
    #expect(try people.find("phone:+79161234567", db) == nil)
  }

  @Test("a put creates, the next merges, null takes away")
  func put() throws {
    let first = try people.put(
      id: "ann",
      patch(
        #"{"email":"Ann@Shop.Example","phone":"+7 (916) 123-45-67","time_zone":"Europe/Moscow","locale":"ru","attributes":{"city":"Kazan","age":30},"addresses":{"vk":"42"}}"#
      ), now: noon, db)
    #expect(first.created)
    #expect(first.contact.email == "ann@shop.example")
    #expect(first.contact.phone == "+79161234567")
    let second = try people.put(
      id: "ann", patch(#"{"attributes":{"age":null,"size":"M"},"time_zone":null}"#), now: noon + 1000, db)
    #expect(!second.created)
    let contact = try #require(try people.find("ann", db))
    #expect(contact.attributes == ["city": "Kazan", "size": "M"])
    #expect(contact.zone == nil)
    #expect(contact.locale == "ru")
    #expect(contact.address(for: "vk") == "42")
    #expect(contact.address(for: "sms") == "+79161234567")
    #expect(contact.updatedAt == noon + 1000)
    #expect(contact.json["city"] == "Kazan")
    #expect(contact.json["email"] == "ann@shop.example")
  }

  @Test("a put says what changed, and nothing when nothing did")
  func changes() throws {
    _ = try people.put(id: "ann", patch(#"{"email":"ann@shop.example"}"#), now: noon, db)
    let change = try people.change(
      id: "ann", patch(#"{"email":"ann@shop.example","locale":"en","attributes":{"a":1},"consents":["sms"]}"#),
      now: noon + 1, db)
    #expect(change.fields == ["locale", "attributes.a", "consents.sms"])
    let again = try people.change(id: "ann", patch(#"{"consents":{"sms":true}}"#), now: noon + 2, db)
    #expect(again.fields.isEmpty)
    #expect(again.contact.updatedAt == noon + 1)
  }

  @Test("a changed e-mail leads to the contact, the old one no more")
  func changedEmail() throws {
    let ann = try people.put(id: "ann", patch(#"{"email":"old@shop.example"}"#), now: noon, db).contact.row
    _ = try people.put(id: "ann", patch(#"{"email":"new@shop.example"}"#), now: noon, db)
    #expect(try people.find("email:new@shop.example", db)?.row == ann)
    #expect(try people.find("email:old@shop.example", db) == nil)
  }

  @Test("attributes that grow too large over several puts are refused and nothing is kept")
  func largeAttributes() throws {
    let text = String(repeating: "x", count: 40_000)
    _ = try people.put(id: "ann", patch(#"{"attributes":{"a":"\#(text)"}}"#), now: noon, db)
    #expect(throws: Refusal.self) {
      try db.savepoint { try people.put(id: "ann", patch(#"{"attributes":{"b":"\#(text)"}}"#), now: noon, db) }
    }
    #expect(try people.find("ann", db)?.attributes.keys == ["a"])
  }

  @Test("a put with a known visitor's e-mail gives him his id")
  func putAdopts() throws {
    let visitor = try resolve(ContactKeys(email: "ann@shop.example"), at: noon, db)
    let put = try people.put(id: "ann", patch(#"{"email":"ann@shop.example"}"#), now: noon, db)
    #expect(put.created)
    #expect(put.contact.row == visitor)
  }

  @Test("who has no id yet is changed by his address")
  func putByAddress() throws {
    let visitor = try resolve(ContactKeys(email: "ann@shop.example"), at: noon, db)
    let put = try people.put(id: "email:Ann@shop.example", patch(#"{"locale":"ru"}"#), now: noon, db)
    #expect(!put.created)
    #expect(put.contact.row == visitor)
    #expect(put.contact.externalID == nil)
    let new = try people.put(id: "phone:+79161234567", patch("{}"), now: noon, db)
    #expect(new.created)
    #expect(new.contact.publicID == "phone:+79161234567")
    #expect(throws: Refusal.self) { try people.put(id: "email:ann", patch("{}"), now: noon, db) }
  }
}
