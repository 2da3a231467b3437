import Testing

@testable import Server

@Suite("Names of template files")
struct TemplatePartFileTests {
  @Test(
    "a name says which template, which body and which language",
    arguments: [
      ("cart-1.json", "cart-1", nil), ("cart-1.txt", "cart-1", "/text"), ("cart-1.html", "cart-1", "/html"),
      ("cart-1.en.txt", "cart-1", "/locales/en/text"), ("a.b.pt-BR.html", "a.b", "/locales/pt-BR/html"),
    ] as [(String, String, String?)])
  func good(_ name: String, _ id: String, _ pointer: String?) {
    let part = TemplatePartFile(name: name, path: name)
    #expect(part?.id == id)
    #expect(part?.pointer == pointer)
  }

  @Test("other names are no part of a template", arguments: ["cart-1", "cart-1.md", ".json", "cart..txt"])
  func bad(_ name: String) { #expect(TemplatePartFile(name: name, path: name) == nil) }
}
