import Crypto
import Domain

/// The pages behind an unsubscribe link: one that asks (GET changes nothing, scanners call every link), and those that
/// answer. Each is whole in itself: no picture, script or style from anywhere, and none is let in.
public struct UnsubscribePage: Sendable {
  public enum Language: String, Sendable {
    case ru, en

    /// The first that is known of what the browser asks for (RFC 9110 §12.5.4), else the contact's or the shop's.
    public init(acceptLanguage: String?, locale: String?) {
      let asked = (acceptLanguage ?? "").prefix(256).split(separator: ",").prefix(16).compactMap(Self.weighed)
      let preferred = asked.enumerated().max { a, b in
        a.element.weight != b.element.weight ? a.element.weight < b.element.weight : a.offset > b.offset
      }
      self = preferred?.element.language ?? Self.named(locale ?? "") ?? .en
    }

    private static func weighed(_ range: Substring) -> (language: Language, weight: Double)? {
      let parts = range.split(separator: ";").map { $0.filter { $0 != " " } }
      guard let tag = parts.first, let language = named(tag) else { return nil }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      return weight > 0 ? (language, weight) : nil
    }

    private static func named(_ tag: String) -> Language? {
      Language(rawValue: tag.prefix { $0 != "-" && $0 != "_" }.lowercased())
    }
  }

  private let language: Language
  private let shop: String

  public init(language: Language, shop: String) {
    (self.language, self.shop) = (language, shop)
  }

  /// Asks; its button posts to the address it was got from. Answer 200.
  public func ask() -> String {
    let button = text("Отписаться", "Unsubscribe")
    return page(
      text("Отписаться от рассылки?", "Unsubscribe?"),
      text("Мы больше не будем присылать вам рекламные сообщения.", "We will send you no more marketing messages."),
      #"<form method="post"><button type="submit" name="confirm" value="yes">\#(button)</button></form>"#)
  }

  /// Answer 200, and only once it is on disk.
  public func done() -> String {
    page(
      text("Вы отписаны", "You are unsubscribed"),
      text(
        "Сообщения о ваших заказах будут приходить и дальше.",
        "Messages about your orders will still reach you."))
  }

  /// For a link nobody signed, or a contact who is no more. Answer 404.
  public func unknown() -> String {
    page(
      text("Ссылка не действует", "This link does not work"),
      text(
        "Возможно, она скопирована не целиком. Откройте её из письма ещё раз.",
        "Part of it may be missing. Open it from the letter once more."))
  }

  /// When the store cannot take it. Answer 503: to say it is done would be a lie.
  public func unavailable() -> String {
    page(
      text("Не получилось", "That did not work"),
      text("Попробуйте ещё раз через минуту.", "Please try again in a minute."))
  }

  /// Nothing is loaded, framed, kept, indexed or told to other sites; the form may post here alone.
  public static let headers: [(name: String, value: String)] = [
    ("Content-Type", "text/html; charset=utf-8"),
    (
      "Content-Security-Policy",
      "default-src 'none'; style-src 'sha256-\(styleHash)'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Robots-Tag", "noindex"),
  ]

  private func text(_ ru: String, _ en: String) -> String {
    switch language {
    case .ru: ru
    case .en: en
    }
  }

  private func page(_ title: String, _ line: String, _ form: String = "") -> String {
    """
    <!DOCTYPE html>
    <html lang="\(language.rawValue)">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>\(title)</title>
    <style>\(Self.style)</style>
    </head>
    <body>
    <main>
    <p class="shop">\(HTMLText.escaped(shop))</p>
    <h1>\(title)</h1>
    <p>\(line)</p>
    \(form)
    </main>
    </body>
    </html>

    """
  }

  private static let style = """
    :root{color-scheme:light dark}\
    body{margin:0;font:17px/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}\
    main{max-width:30rem;margin:12vh auto;padding:0 1.25rem}\
    .shop{margin:0;opacity:.75}h1{font-size:1.6rem;line-height:1.25;margin:.25rem 0 .75rem}\
    button{font:inherit;font-weight:600;padding:.7rem 1.4rem;border:2px solid;border-radius:.5rem;cursor:pointer}\
    button:focus-visible{outline:3px solid Highlight;outline-offset:2px}
    """

  /// base64 of its SHA-256, by which the policy knows the page's own style (CSP Level 3 §2.3.1).
  private static let styleHash =
    Base64URL.encode(Array(SHA256.hash(data: Array(style.utf8))))
    .map { $0 == "-" ? "+" : $0 == "_" ? "/" : String($0) }.joined() + "="
}
