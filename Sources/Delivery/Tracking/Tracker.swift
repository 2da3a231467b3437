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
  /// As it stands in an attribute.
  private let escapedURL: [UInt8]
  /// What the server's own links begin with.
  private let ownPrefixes: [String]
  private let utm: UTM

  /// `publicURL`: where the server is reached from outside, `https://go.shop.example`.
  public init(publicURL: String, signer: LinkSigner, utm: UTM = .none) {
    self.publicURL = String(publicURL.reversed().drop { $0 == "/" }.reversed())
    escapedURL = Array(HTMLText.escaped(self.publicURL).utf8)
    ownPrefixes = [self.publicURL + "/t/", self.publicURL + "/u/"]
    self.signer = signer
    self.utm = utm
  }

  public func clickURL(_ message: TrackedMessage, target: String) -> String {
    publicURL + Self.clickPath + signer.sign(message.token(.click(target: target)))
  }

  public func openURL(_ message: TrackedMessage) -> String {
    publicURL + Self.openPath + signer.sign(message.token(.open)) + ".gif"
  }

  /// One for the page and for the List-Unsubscribe header; it outlives the message's row.
  public func unsubscribeURL(_ message: TrackedMessage) -> String {
    publicURL + "/u/" + signer.sign(message.token(.unsubscribe(channel: message.channel)))
  }

  private static let clickPath = "/t/c/"
  private static let openPath = "/t/o/"
  private static let linkTags: [HTMLName] = [.a, .area]

  /// The letter with signed links and the pixel. Untouched stay: links that are not http(s), the server's own,
  /// those marked `data-track="off"`, and those longer than a browser would follow. Time is linear in the length.
  public func rewrite(html: String, for message: TrackedMessage) -> String {
    let bytes = Array(html.utf8)
    let parameters = utm.parameters(for: message)
    var scanner = HTMLScanner(bytes, attributesOf: Self.linkTags)
    var rewritten: [UInt8] = []
    rewritten.reserveCapacity(bytes.count + bytes.count / 2 + 512)
    var copied = 0
    var bodyEnd: Int?
    while let token = scanner.next() {
      guard case .tag(let tag) = token else { continue }
      if tag.isEnd {
        guard tag.name == .body else { continue }
        rewritten += bytes[copied..<tag.range.lowerBound]
        copied = tag.range.lowerBound
        bodyEnd = rewritten.count
      } else if let value = tag.trackedLink(in: bytes), let target = target(bytes[value.text], parameters) {
        rewritten += bytes[copied..<value.whole.lowerBound]
        append(target, of: message, to: &rewritten)
        copied = value.whole.upperBound
      }
    }
    rewritten += bytes[copied...]
    if message.tracksOpens { rewritten.insert(contentsOf: pixel(message), at: bodyEnd ?? rewritten.count) }
    return String(decoding: rewritten, as: UTF8.self)
  }

  /// Nil: it stays as it is.
  private func target(_ attribute: ArraySlice<UInt8>, _ parameters: [(name: String, value: String)]) -> String? {
    guard let target = LinkTarget(attribute: attribute),
      !ownPrefixes.contains(where: { target.text.utf8.starts(with: $0.utf8) })
    else { return nil }
    let tagged = target.adding(parameters)
    return tagged.text.utf8.count <= LinkTarget.maxBytes ? tagged.text : nil
  }

  /// The attribute's value, with its quotes.
  private func append(_ target: String, of message: TrackedMessage, to html: inout [UInt8]) {
    html.append(UInt8(ascii: "\""))
    if message.tracksClicks {
      html += escapedURL
      html += Self.clickPath.utf8
      signer.append(message.token(.click(target: target)), to: &html)
    } else {
      HTMLText.append(target.utf8, to: &html)
    }
    html.append(UInt8(ascii: "\""))
  }

  private func pixel(_ message: TrackedMessage) -> [UInt8] {
    var html = Array("<img src=\"".utf8)
    html.reserveCapacity(512)
    html += escapedURL
    html += Self.openPath.utf8
    signer.append(message.token(.open), to: &html)
    html += #".gif" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px">"#.utf8
    return html
  }
}

extension TrackedMessage {
  fileprivate func token(_ kind: LinkToken.Kind) -> LinkToken {
    LinkToken(kind: kind, message: message, contact: contact)
  }
}

extension HTMLTag {
  /// The `href` of a link that may be tracked; the scanner told the attributes of no other tags.
  fileprivate func trackedLink(in bytes: [UInt8]) -> HTMLAttribute.Value? {
    guard let value = attribute("href", in: bytes)?.value else { return nil }
    let isOff = attribute("data-track", in: bytes)?.value.map { HTMLText.matches(bytes[$0.text], "off") } ?? false
    return isOff ? nil : value
  }
}
