import Testing

@testable import Delivery

@Suite struct UnsubscribePageTests {
  @Test(
    "the page speaks the language that the browser prefers, else the contact's",
    arguments: [
      ("ru-RU,ru;q=0.9,en;q=0.8", "en", UnsubscribePage.Language.ru), ("en;q=0.5, ru;q=0.7", nil, .ru),
      ("de, en;q=0.3", "ru", .en), ("ru;q=0, en", "ru", .en), ("de", "ru-RU", .ru), ("de", "fr", .en),
      (nil, "ru_RU", .ru),
      ("", nil, .en), ("*", "ru", .ru), ("en,ru", nil, .en), ("ru;q=abc", nil, .en),
    ] as [(String?, String?, UnsubscribePage.Language)])
  func language(accept: String?, locale: String?, expected: UnsubscribePage.Language) {
    #expect(UnsubscribePage.Language(acceptLanguage: accept, locale: locale) == expected)
  }

  @Test(
    "only the page that asks has a form, and it posts to its own address",
    arguments: [UnsubscribePage.Language.ru, .en])
  func forms(language: UnsubscribePage.Language) {
    let page = UnsubscribePage(language: language, shop: "Shop")
    #expect(page.ask().contains(#"<form method="post">"#))
    for other in [page.done(), page.unknown(), page.unavailable()] { #expect(!other.contains("<form")) }
  }

  @Test("nothing is loaded from anywhere, and a shop's name cannot add markup")
  func selfContained() {
    let page = UnsubscribePage(language: .en, shop: #"<script src="//evil.example">"#).ask()
    #expect(page.contains("&lt;script src=&quot;//evil.example&quot;&gt;"))
    for word in ["<script", "src=", "href=", "url(", "@import"] {
      #expect(!page.replacing("&lt;script src=", with: "").contains(word))
    }
  }

  @Test("the policy lets in nothing but the page's own style")
  func policy() throws {
    let policy = try #require(UnsubscribePage.headers.first { $0.name == "Content-Security-Policy" }).value
    #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
    let hash = try #require(policy.split(separator: "'sha256-").dropFirst().first?.prefix { $0 != "'" })
    #expect(hash.count == 44 && hash.hasSuffix("="))
  }

  @Test("the pixel is a whole GIF of one transparent point")
  func pixel() {
    #expect(Pixel.gif.prefix(10) == [0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0])
    #expect(Pixel.gif.last == 0x3B)
  }
}
