import Domain
import Testing

@testable import Delivery

@Suite struct LinkSignerTests {
  static func key(_ id: UInt8, _ seed: UInt8 = 7) -> LinkSigner.Key {
    guard let key = LinkSigner.Key(id: id, secret: [UInt8](repeating: seed, count: 32)) else {
      preconditionFailure("a secret of 32 bytes is taken")
    }
    return key
  }

  let signer = LinkSigner(key(1))

  @Test(
    "a link says what was signed into it",
    arguments: [
      LinkToken.Kind.open, .click(target: "https://shop.example/a?b=c#d"), .unsubscribe(channel: "email"),
    ], [Int64(0), 1, 127, 128, 1_000_000, .max])
  func roundTrip(kind: LinkToken.Kind, id: Int64) {
    let token = LinkToken(kind: kind, message: id, contact: id / 2)
    #expect(signer.verify(signer.sign(token)) == token)
  }

  @Test("a link altered in any one bit or letter is no link")
  func altered() throws {
    let text = signer.sign(LinkToken(kind: .click(target: "https://shop.example/"), message: 300, contact: 5))
    let bytes = try #require(Base64URL.decode(text))
    for bit in 0..<(bytes.count * 8) {
      var altered = bytes
      altered[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(signer.verify(Base64URL.encode(altered)) == nil)
    }
    for place in text.indices {
      for other in "Az-_=+/%" where text[place] != other {
        var altered = text
        altered.replaceSubrange(place...place, with: String(other))
        #expect(signer.verify(altered) == nil)
      }
    }
  }

  @Test("a link cut short or made longer is no link")
  func lengths() {
    let text = signer.sign(LinkToken(kind: .unsubscribe(channel: "email"), message: 300, contact: 5))
    for length in 0..<text.count { #expect(signer.verify(String(text.prefix(length))) == nil) }
    for tail in ["A", "AA", "AAAA", "=", "==", ".gif"] { #expect(signer.verify(text + tail) == nil) }
    #expect(signer.verify(String(repeating: "A", count: 1_000_000)) == nil)
  }

  @Test("the tag of one message, contact, target or kind fits no other")
  func transplanted() throws {
    let tokens = [
      LinkToken(kind: .open, message: 1, contact: 1), LinkToken(kind: .open, message: 2, contact: 1),
      LinkToken(kind: .open, message: 1, contact: 2),
      LinkToken(kind: .unsubscribe(channel: ""), message: 1, contact: 1),
      LinkToken(kind: .click(target: "https://a.example"), message: 1, contact: 1),
      LinkToken(kind: .click(target: "https://b.example"), message: 1, contact: 1),
    ]
    let signed = try tokens.map { try #require(Base64URL.decode(signer.sign($0))) }
    for (i, one) in signed.enumerated() {
      for (j, other) in signed.enumerated() where i != j {
        #expect(signer.verify(Base64URL.encode(one.dropLast(16) + other.suffix(16))) == nil)
      }
    }
  }

  @Test("a new key signs, a retired one still verifies, a forgotten one no more")
  func rotation() {
    let token = LinkToken(kind: .open, message: 1, contact: 1)
    let old = signer.sign(token)
    #expect(LinkSigner(Self.key(2, 8), retired: [Self.key(1)]).verify(old) == token)
    #expect(LinkSigner(Self.key(2, 8)).verify(old) == nil)
    #expect(LinkSigner(Self.key(1, 8)).verify(old) == nil)
  }

  @Test("a secret of another length is refused", arguments: [0, 16, 31, 33])
  func secrets(length: Int) {
    #expect(LinkSigner.Key(id: 1, secret: [UInt8](repeating: 1, count: length)) == nil)
  }

  @Test("base64url is RFC 4648 without padding, and only the canonical text is read back")
  func base64URL() {
    let vectors = [
      "": "", "f": "Zg", "fo": "Zm8", "foo": "Zm9v", "foob": "Zm9vYg", "fooba": "Zm9vYmE", "foobar": "Zm9vYmFy",
    ]
    for (bytes, text) in vectors {
      #expect(Base64URL.encode(Array(bytes.utf8)) == text)
      #expect(Base64URL.decode(text) == Array(bytes.utf8))
    }
    #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
    for wrong in ["A", "Zh", "Zm9", "Zg==", "Zm 8", "+/8", "Zm8\n", "é"] { #expect(Base64URL.decode(wrong) == nil) }
  }
}
