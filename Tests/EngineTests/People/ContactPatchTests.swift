import Domain
import Engine
import JSON
import Testing

import struct Domain.Issue

@Suite struct ContactPatchTests {
  private func issues(_ text: String) throws -> [Issue] {
    let node = try JSONDocument(parsing: Array(text.utf8)).root
    let error = #expect(throws: Refusal.self) { try ContactPatch(node) }
    return error?.issues ?? []
  }

  @Test(
    "what cannot be is refused with its place",
    arguments: [
      (#"{"emial":"a@b.example"}"#, "/emial", Issue.Code.unknownKey),
      (#"{"email":"ann"}"#, "/email", .badValue),
      (#"{"email":"a@b@c.example"}"#, "/email", .badValue),
      (#"{"email":7}"#, "/email", .wrongType),
      (#"{"phone":"0916 123-45-67"}"#, "/phone", .badValue),
      (#"{"time_zone":"Europe/Moskow"}"#, "/time_zone", .badValue),
      (#"{"locale":"russian"}"#, "/locale", .badValue),
      (#"{"attributes":{"email":"x"}}"#, "/attributes/email", .badValue),
      (#"{"attributes":{"2nd":1}}"#, "/attributes/2nd", .badValue),
      (#"{"attributes":{"a/b":1}}"#, "/attributes/a~1b", .badValue),
      (#"{"attributes":[[[[[[[[[1]]]]]]]]]}"#, "/attributes", .wrongType),
      (#"{"attributes":{"deep":[[[[[[[[1]]]]]]]]}}"#, "/attributes/deep", .tooLarge),
      (#"{"attributes":{"city":"Kaz\u0000an"}}"#, "/attributes/city", .badValue),
      (#"{"attributes":{"list":[{"a\u0000":1}]}}"#, "/attributes/list", .badValue),
      (#"{"addresses":{"vk":"a\u0000"}}"#, "/addresses/vk", .badValue),
      (#"{"addresses":{"sms":"+79161234567"}}"#, "/addresses/sms", .badValue),
      (#"{"addresses":{"vk":42}}"#, "/addresses/vk", .wrongType),
      (#"{"consents":["SMS"]}"#, "/consents/0", .badValue),
      (#"{"consents":{"sms":"yes"}}"#, "/consents/sms", .wrongType),
      (#"{"consents":"sms"}"#, "/consents", .wrongType),
      (#"[]"#, "", .wrongType),
    ])
  func refused(text: String, pointer: String, code: Issue.Code) throws {
    let issues = try issues(text)
    #expect(issues.map(\.pointer) == [pointer])
    #expect(issues.map(\.code) == [code])
  }

  @Test("all errors come at once, each with line and column")
  func allAtOnce() throws {
    let issues = try issues("{\n  \"email\": 1,\n  \"phone\": 2\n}")
    #expect(issues.map(\.pointer) == ["/email", "/phone"])
    #expect(issues.map(\.line) == [2, 3])
    #expect(issues.map(\.column) == [12, 12])
  }

  @Test("a misspelled time zone gets the nearest")
  func nearestZone() throws {
    #expect(try issues(#"{"time_zone":"Europe/Moskow"}"#).first?.hint == "did you mean `Europe/Moscow`?")
  }

  @Test("consents come as a list of channels or with yes and no")
  func consentForms() throws {
    let list = try ContactPatch(JSONDocument(parsing: Array(#"{"consents":["sms"]}"#.utf8)).root)
    #expect(list.consents == [ContactPatch.ConsentGiven(channel: "sms", granted: true)])
    let object = try ContactPatch(JSONDocument(parsing: Array(#"{"consents":{"sms":false}}"#.utf8)).root)
    #expect(object.consents == [ContactPatch.ConsentGiven(channel: "sms", granted: false)])
  }
}
