import Foundation
import Glibc
import JSON
import Testing

/// A person who leaves, with the real server: afterwards nothing of his is in any byte of the folder.
@Suite("Erasure", .onItsOwnThread)
struct ErasureWalkTests {
  /// What only he has said, done and been called; each stands in several places.
  private static let marks = [
    "zqx-77", "zqxnew@marker.example", "zqxold@marker.example", "+79990001122", "zqxbrowser", "Zqxname", "zqxcity",
    "zqxtelegram", "zqxwords", "zqxform", "zqxsku", "zqxsecond", "zqxeventid", "zqxlate",
  ]

  /// The marks that some file of the folder holds, with the file.
  static func found(_ marks: [String], in folder: String) throws -> [String] {
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder)
    return try files.flatMap { name -> [String] in
      let text = try holding(folder + "/" + name)
      return marks.filter { text.contains($0) }.map { "\($0) in \(name)" }
    }
  }

  /// Its bytes, each as a character.
  private static func holding(_ path: String) throws -> NSString {
    NSString(data: try Data(contentsOf: URL(filePath: path)), encoding: String.Encoding.isoLatin1.rawValue) ?? ""
  }

  /// A shop in which the person has left traces everywhere, and others live on.
  private static func shop() throws -> Shop {
    let shop = try Shop(clock: nil)
    try shop.template("hello", ["subject": "{{contact.first_name}}", "text": "{{trigger.sku}} {{contact.city}}"])
    try shop.template("call", ["subject": "Call {{contact.first_name}}", "text": "{{trigger.sku}}"])
    try shop.template("banner", ["text": "{{trigger.sku}}"])
    try shop.ask(
      "PUT", "/v1/webhooks/crm", ["url": "http://127.0.0.1:1024/nobody", "types": ["view", "contact.updated"]])
    try shop.publish(
      "seen",
      [
        "enter": ["event": "view"], "reenter": "always",
        "steps": [
          ["send": "email", "template": "hello", "id": "letter", "purpose": "transactional"],
          ["set": ["sku": ["from": "trigger.sku"]]], ["send": "call", "template": "call", "id": "call"],
          ["offer": "top", "template": "banner", "for": "30d"], ["list": "seen", "add": true], ["wait": "30d"],
          ["send": "sms", "template": "hello", "id": "late"],
        ],
      ])
    try live(shop, "zqx-77", email: "zqxold@marker.example", sku: "zqxsku")
    try live(shop, "bob", email: "bob@example.com", sku: "bobsku")
    return shop
  }

  private static func live(_ shop: Shop, _ id: String, email: String, sku: String) throws {
    let isHe = id == "zqx-77"
    try shop.ask(
      "PUT", "/v1/contacts/\(id)",
      [
        "email": .string(email), "phone": isHe ? "+79990001122" : "+79160000000",
        "addresses": ["telegram": isHe ? "zqxtelegram" : "bobtelegram"], "locale": "en",
        "attributes": ["first_name": isHe ? "Zqxname" : "Bob", "city": isHe ? "zqxcity" : "Town"],
      ])
    try shop.ask(
      "POST", "/v1/contacts/\(id)/consents",
      [
        "channel": "call", "granted": true, "text": isHe ? "zqxwords" : "yes",
        "source": isHe ? "zqxform" : "form",
      ])
    try shop.event(
      "view", contact: ["id": .string(id), "anonymous_id": .string(isHe ? "zqxbrowser" : "bobbrowser")],
      id: isHe ? "zqxeventid" : "bobevent", ["sku": .string(sku)])
    try shop.event("view", contact: ["email": .string(email)], ["sku": .string(isHe ? "zqxsecond" : "second")])
  }

  private static func erased(_ shop: Shop, _ id: String) throws -> JSONValue {
    let begun = try shop.ask("DELETE", "/v1/contacts/\(id)?reason=case-7")
    let erasure = try #require(begun["id"]?.string)
    var act = begun
    try eventually("the erasure is done") {
      act = try shop.ask("GET", "/v1/erasures/\(erasure)")
      return act["state"] == "done"
    }
    return act
  }

  @Test("after an erasure no byte of the folder says anything about the person, and the books still balance")
  func everywhere() throws {
    let shop = try Self.shop()
    try eventually("he has had his letter, his call and his offer") {
      try shop.ask("GET", "/v1/tasks?status=open")["items"]?.array?.count ?? 0 >= 4
        && shop.statuses()["sent"] ?? 0 >= 4
    }
    try shop.ask("PUT", "/v1/contacts/zqx-77", ["email": "zqxnew@marker.example"])
    try shop.ask("PUT", "/v1/contacts/bob/relations/spouse/zqx-77")
    try shop.ask("PUT", "/v1/segments/married", ["is": ["relation": "spouse"]])
    try eventually("bob is known as married") {
      try shop.ask("GET", "/v1/segments/married/members")["items"]?.array?.count == 1
    }
    try shop.ask("POST", "/v1/suppressions", ["channel": "email", "address": "zqxnew@marker.example"])
    let before = try Self.found(Self.marks.filter { $0 != "zqxlate" }, in: shop.dataPath)
    #expect(Set(before.map { $0.split(separator: " ")[0] }).count == Self.marks.count - 1, "\(before)")

    let act = try Self.erased(shop, "zqx-77")
    #expect(act["erased"]?["messages"]?.number?.int ?? 0 > 0 && act["erased"]?["events"]?.number?.int ?? 0 > 0)
    #expect(try Self.found(Self.marks, in: shop.dataPath) == [])
    #expect(try shop.call("GET", "/v1/contacts/zqx-77").status == 404)
    #expect(try shop.ask("GET", "/v1/erasures?contact=zqx-77")["items"]?.array?.first?["id"] == act["id"])
    #expect(try shop.call("GET", "/v1/contacts/bob").status == 200)
    try eventually("bob is told that he is alone") {
      try shop.ask("GET", "/v1/segments/married/members")["items"] == []
    }

    try Self.isRefused(shop)
    #expect(try Self.found(Self.marks, in: shop.dataPath) == [])
    #expect(shop.close() == 0)
    let verified = try Zveno.run(["verify", shop.dataPath])
    #expect(verified.status == 0, "\(verified.output)")
    #expect(try Self.found(Self.marks, in: shop.dataPath) == [])
  }

  /// Events by his keys alone, updates and his old browser bring nothing back; another's events come in without his.
  private static func isRefused(_ shop: Shop) throws {
    let alone = try shop.call(
      "POST", "/v1/events", ["type": "view", "contact": ["phone": "+79990001122"], "properties": ["a": 1]])
    #expect(alone.status == 400 && alone.json["rejected"]?.array?.first?["errors"]?.array?.first?["code"] == "erased")
    let mixed = try shop.ask(
      "POST", "/v1/events",
      .array([
        ["type": "view", "contact": ["id": "bob", "anonymous_id": "zqxbrowser"]],
        ["type": "view", "contact": ["anonymous_id": "zqxbrowser"], "properties": ["sku": "zqxlate"]],
      ]))
    #expect(mixed["accepted"] == 1 && mixed["rejected"]?.array?.count == 1)
    #expect(try shop.call("PUT", "/v1/contacts/zqx-77", ["locale": "en"]).status == 422)
    #expect(try shop.call("PUT", "/v1/contacts/other", ["phone": "+79990001122"]).status == 422)
  }

  @Test("who has signed up again comes back, and what he was suppressed by still holds")
  func comesBack() throws {
    let shop = try Self.shop()
    try shop.ask("POST", "/v1/suppressions", ["channel": "email", "address": "zqxold@marker.example"])
    _ = try Self.erased(shop, "zqx-77")
    let back = try shop.ask(
      "PUT", "/v1/contacts/zqx-77?readmit=true", ["email": "zqxold@marker.example", "attributes": ["city": "new"]])
    #expect(back["attributes"]?["first_name"] == nil)
    try shop.event("view", contact: ["id": "zqx-77"], ["sku": "again"])
    try eventually("his letter is kept back") {
      try shop.messages("&contact=zqx-77&status=skipped").contains { $0["error"] == "suppressed" }
    }
    #expect(try shop.mail.letters().allSatisfy { !($0.subject ?? "").contains("again") })
  }

  @Test("from an older backup the person is erased again before it serves")
  func restored() throws {
    let shop = try Self.shop()
    let file = shop.folder.path + "/backup.sqlite"
    let port = try #require(shop.zveno).port
    let made = try Zveno.run(["backup", file, "--url", "http://127.0.0.1:\(port)"])
    try #require(made.status == 0, "\(made.output)")
    #expect(try Self.holding(file).contains("zqxcity"))
    _ = try Self.erased(shop, "zqx-77")
    shop.killHard()
    for name in ["zveno.sqlite", "zveno.sqlite-wal", "zveno.sqlite-shm"] {
      unlink(shop.dataPath + "/" + name)
    }
    let restored = try Zveno.run(["restore", file, "--data", shop.dataPath])
    try #require(restored.status == 0, "\(restored.output)")
    #expect(try !Self.found(Self.marks, in: shop.dataPath).isEmpty, "the copy has him")
    try shop.open()
    #expect(try Self.found(Self.marks, in: shop.dataPath) == [])
    #expect(try shop.call("GET", "/v1/contacts/zqx-77").status == 404)
    #expect(try shop.ask("GET", "/v1/contacts/bob")["id"] == "bob")
    try Self.isRefused(shop)
    #expect(shop.close() == 0)
    let verified = try Zveno.run(["verify", shop.dataPath])
    #expect(verified.status == 0, "\(verified.output)")
  }
}
