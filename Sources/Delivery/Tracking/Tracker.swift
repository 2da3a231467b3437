/// Tracking turns the links of a letter into signed ones, adds the pixel, and says afterwards what a link that was
/// called meant. What comes in is rendered HTML and a message's ids, or a token and the headers of the call; what goes
/// out is HTML with `{public_url}/t/c/…` for its links, or the message, the contact and the true target. It keeps
/// nothing, asks nothing of the store and must not know HTTP: everything a link stands for is in its token.
///
/// Only HTML is touched. Texts (SMS, messengers, the text part of a letter) go out as they were written: a signed link
/// is over a hundred characters, which is two SMS more, and hides from the reader where it leads.
public struct Tracker: Sendable {
  public let signer: LinkSigner
  private let publicURL: String
  private let utm: UTM

  /// `publicURL`: where the server is reached from outside, `https://go.shop.example`.
  public init(publicURL: String, signer: LinkSigner, utm: UTM = .none) {
    self.publicURL = String(publicURL.reversed().drop { $0 == "/" }.reversed())
    self.signer = signer
    self.utm = utm
  }

  public func clickURL(_ message: TrackedMessage, target: String) -> String {
    url("/t/c/", message, .click(target: target))
  }

  public func openURL(_ message: TrackedMessage) -> String {
    url("/t/o/", message, .open) + ".gif"
  }

  /// One for the page and for the List-Unsubscribe header; it outlives the message's row.
  public func unsubscribeURL(_ message: TrackedMessage) -> String {
    url("/u/", message, .unsubscribe(channel: message.channel))
  }

  private func url(_ path: String, _ message: TrackedMessage, _ kind: LinkToken.Kind) -> String {
    publicURL + path + signer.sign(LinkToken(kind: kind, message: message.message, contact: message.contact))
  }

  /// The letter with signed links and the pixel. Untouched stay: links that are not http(s), the server's own,
  /// those marked `data-track="off"`, and those longer than a browser would follow. Time is linear in the length.
  public func rewrite(html: String, for message: TrackedMessage) -> String {
    let bytes = Array(html.utf8)
    var scanner = HTMLScanner(bytes)
    var rewritten: [UInt8] = []
    rewritten.reserveCapacity(bytes.count + bytes.count / 2 + 512)
    var copied = 0
    var bodyEnd: Int?
    while let token = scanner.next() {
      guard case .tag(let tag) = token else { continue }
      if tag.isEnd {
        guard tag.name == "body" else { continue }
        rewritten += bytes[copied..<tag.range.lowerBound]
        copied = tag.range.lowerBound
        bodyEnd = rewritten.count
      } else if let value = tag.trackedLink(in: bytes), let link = link(bytes[value.text], message) {
        rewritten += bytes[copied..<value.whole.lowerBound]
        rewritten += "\"\(HTMLText.escaped(link))\"".utf8
        copied = value.whole.upperBound
      }
    }
    rewritten += bytes[copied...]
    if message.tracksOpens { rewritten.insert(contentsOf: pixel(message).utf8, at: bodyEnd ?? rewritten.count) }
    return String(decoding: rewritten, as: UTF8.self)
  }

  private func link(_ attribute: ArraySlice<UInt8>, _ message: TrackedMessage) -> String? {
    guard let target = LinkTarget(attribute: attribute), !isOwn(target.text) else { return nil }
    let tagged = target.adding(utm.parameters(for: message))
    guard tagged.text.utf8.count <= LinkTarget.maxBytes else { return nil }
    return message.tracksClicks ? clickURL(message, target: tagged.text) : tagged.text
  }

  private func isOwn(_ target: String) -> Bool {
    ["/t/", "/u/"].contains { target.hasPrefix(publicURL + $0) }
  }

  private func pixel(_ message: TrackedMessage) -> String {
    let source = HTMLText.escaped(openURL(message))
    return #"<img src="\#(source)" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px">"#
  }
}

extension HTMLTag {
  /// The `href` of a link that may be tracked.
  fileprivate func trackedLink(in bytes: [UInt8]) -> HTMLAttribute.Value? {
    guard name == "a" || name == "area", let value = attribute("href", in: bytes)?.value else { return nil }
    let isOff = attribute("data-track", in: bytes)?.value.map { HTMLText.matches(bytes[$0.text], "off") } ?? false
    return isOff ? nil : value
  }
}
