import Domain
import Testing

@testable import Delivery

@Suite struct TrackerTests {
  static let signer = LinkSigner(LinkSignerTests.key(1))
  let tracker = Tracker(publicURL: "https://go.shop.example/", signer: signer)
  let message = TrackedMessage(
    message: 42, contact: 7, channel: "email", chain: "cart", step: "reminder", template: "cart-1", tracksOpens: false)

  /// The target of each link of this server's in the HTML.
  func targets(_ html: String) -> [String] {
    html.split(separator: "https://go.shop.example/t/c/", omittingEmptySubsequences: false).dropFirst().compactMap {
      let token = Self.signer.verify(String($0.prefix { $0 != "\"" }))
      if case .click(let target)? = token?.kind { return target }
      return nil
    }
  }

  @Test(
    "links are wrapped whatever way they are written, and lead to the true target",
    arguments: [
      (#"<a href="https://shop.example/">x</a>"#, "https://shop.example/"),
      (#"<a href='https://shop.example/'>x</a>"#, "https://shop.example/"),
      (#"<a href=https://shop.example/>x</a>"#, "https://shop.example/"),
      (#"<A CLASS=b HREF = "HTTPS://shop.example/" >x</A>"#, "HTTPS://shop.example/"),
      ("<a\n\thref=\"\n https://shop.example/a\n/b \">x</a>", "https://shop.example/a/b"),
      (#"<area href="http://shop.example?a=1&amp;b=2">"#, "http://shop.example?a=1&b=2"),
      (#"<a href="https://shop.example/?a=1&copy=2&#38;c=&#x33;">"#, "https://shop.example/?a=1&copy=2&c=3"),
      (#"<a title="a > b" href="https://shop.example/a b">"#, "https://shop.example/a%20b"),
      (#"<a href="https://магазин.рф/">"#, "https://%D0%BC%D0%B0%D0%B3%D0%B0%D0%B7%D0%B8%D0%BD.%D1%80%D1%84/"),
      (#"<a data-href="x" href="https://first.example" href="https://second.example">"#, "https://first.example"),
      (#"<!--[if mso]><a href="https://shop.example/">x</a><![endif]-->"#, "https://shop.example/"),
      (#"<!--[if !mso]><!--><a href="https://shop.example/">x</a><!--<![endif]-->"#, "https://shop.example/"),
      (#"<!--><a href="https://shop.example/">x</a>-->"#, "https://shop.example/"),
      (#"a < b <a href="https://shop.example/">"#, "https://shop.example/"),
      (#"<script>if (a < b) "</scrip>"</script><a href="https://shop.example/">"#, "https://shop.example/"),
    ])
  func wraps(html: String, target: String) {
    #expect(targets(tracker.rewrite(html: html, for: message)) == [target])
  }

  @Test(
    "what is no link to the web, or shall not be tracked, stays as it is",
    arguments: [
      #"<a href="mailto:a@shop.example">"#, ##"<a href="#top">"##, #"<a href="tel:+70000000000">"#, "<a>", "<a href>",
      #"<a href="javascript:alert(1)">"#, #"<a href="//shop.example/">"#, #"<a href="/cart">"#, #"<a href="https://">"#,
      #"<a href="https:///x">"#, #"<a href="https:shop.example">"#, #"<a href="https://a\@b.example">"#,
      "<a href=\"https://shop.example/\u{1}a\">", #"<a href="https://shop.example/" data-track="off">"#,
      #"<a DATA-TRACK=OFF href="https://shop.example/">"#, #"<img src="https://shop.example/a.png">"#,
      #"<link href="https://shop.example/a.css">"#, #"<!-- <a href="https://shop.example/"> -->"#,
      #"<script>"<a href='https://shop.example/'>"</script>"#, #"<title><a href="https://shop.example/"></title>"#,
      #"<a href="https://shop.example/"#, #"<a href="https://shop.example/">"#.replacing(">", with: ""),
      "</a href=\"https://shop.example/\">", "< a href=\"https://shop.example/\">",
      #"<a href="https://shop.example/\#(String(repeating: "a", count: 2048))">"#, "", "<", "<a", "<!--", "<!", "</",
    ])
  func leaves(html: String) {
    #expect(tracker.rewrite(html: html, for: message) == html)
  }

  @Test("the server's own links are not wrapped a second time")
  func own() {
    let html = #"<a href="\#(tracker.unsubscribeURL(message))">"#
    #expect(tracker.rewrite(html: html, for: message) == html)
    let once = tracker.rewrite(html: #"<a href="https://shop.example/">"#, for: message)
    #expect(tracker.rewrite(html: once, for: message) == once)
  }

  @Test("everything around a link stays byte for byte")
  func surroundings() {
    let before = "<!DOCTYPE html>\r\n<p class=x>Привет &amp; <b>\u{0}"
    let after = " style='color:red'>тут</a>\n<p"
    let rewritten = tracker.rewrite(html: before + "<a id=1 href=https://shop.example" + after, for: message)
    #expect(rewritten.hasPrefix(before + "<a id=1 href=\"https://go.shop.example/t/c/"))
    #expect(rewritten.hasSuffix("\"" + after))
  }

  @Test("the pixel stands before the last end of the body, or at the end where there is none")
  func pixel() {
    var message = message
    message.tracksOpens = true
    let image = #"<img src="\#(tracker.openURL(message))" width="1" height="1" alt=""#
    let whole = tracker.rewrite(html: "<body><!-- </body> --></body>a</BODY ></html>", for: message)
    #expect(whole.contains(image))
    #expect(whole.hasPrefix("<body><!-- </body> --></body>a<img ") && whole.hasSuffix("></BODY ></html>"))
    #expect(tracker.rewrite(html: "<p>", for: message).hasPrefix("<p>" + image))
  }

  @Test("the links of a message say whose they are")
  func ownLinks() {
    let open = tracker.openURL(message).dropFirst("https://go.shop.example/t/o/".count).dropLast(".gif".count)
    #expect(Self.signer.verify(String(open)) == LinkToken(kind: .open, message: 42, contact: 7))
    let unsubscribe = tracker.unsubscribeURL(message).dropFirst("https://go.shop.example/u/".count)
    let expected = LinkToken(kind: .unsubscribe(channel: "email"), message: 42, contact: 7)
    #expect(Self.signer.verify(String(unsubscribe)) == expected)
  }

  @Test("a contact who wants no tracking gets neither pixel nor wrapped links")
  func trackingOff() {
    var message = message
    (message.tracksOpens, message.tracksClicks) = (false, false)
    let html = #"<body><a href="https://shop.example/"></body>"#
    #expect(tracker.rewrite(html: html, for: message) == html)
  }

  @Test(
    "configured parameters are added before the fragment, and never over those of the link",
    arguments: [
      ("https://shop.example", "https://shop.example?utm_source=zveno&utm_campaign=cart%2Freminder"),
      ("https://shop.example/?", "https://shop.example/?utm_source=zveno&utm_campaign=cart%2Freminder"),
      ("https://shop.example/?a=1#b?c", "https://shop.example/?a=1&utm_source=zveno&utm_campaign=cart%2Freminder#b?c"),
      ("https://shop.example/?utm_source=x", "https://shop.example/?utm_source=x&utm_campaign=cart%2Freminder"),
      ("https://shop.example/?utm_source&utm_campaign=", "https://shop.example/?utm_source&utm_campaign="),
    ])
  func utm(link: String, target: String) throws {
    let utm = try UTM([("utm_source", "zveno"), ("utm_campaign", "{{chain}}/{{ step }}")])
    let tracker = Tracker(publicURL: "https://go.shop.example", signer: Self.signer, utm: utm)
    #expect(targets(tracker.rewrite(html: "<a href=\"\(link)\">", for: message)) == [target])
  }

  @Test("a parameter of unknown words is refused with the nearest")
  func wrongUTM() {
    let refusal = #expect(throws: (any Error).self) { try UTM([("utm_campaign", "{{chian}}"), ("a b", "x{{y")]) }
    let issues = (refusal as? Refusal)?.issues ?? []
    #expect(issues.map(\.pointer) == ["/utm/utm_campaign", "/utm/a b"])
    #expect(issues.first?.hint == "did you mean {{chain}}?")
  }

  @Test(
    "hostile HTML takes linear time: a letter's size of it is a matter of seconds", .timeLimit(.minutes(1)),
    arguments: [
      "<", "<a ", "<a href=", "<a href=\"", "<!--", "<!", "</", "<!--[if", "<script>", "<script></", "&amp;", "&#",
      "<a href='&", "<a href=https://a.example?", "<a href=\"https://a.example\">", "</body>", "<title></titl", "\"'",
    ])
  func hostile(piece: String) {
    let html = String(repeating: piece, count: 1_000_000 / (piece.utf8.count * 10))
    #expect(tracker.rewrite(html: html, for: message).utf8.count >= html.utf8.count)
  }
}
