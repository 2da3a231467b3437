import HTTP
import Testing

@Suite("Trusted proxies") struct TrustedProxiesTests {
  private func client(_ peer: String, _ fields: [String], _ trusted: [String]) throws -> String {
    let proxies = try #require(TrustedProxies(trusted))
    let request = Request(
      method: "GET", path: "/", headers: Headers(fields.map { ("X-Forwarded-For", $0) }), remoteAddress: peer)
    return request.through(proxies).remoteAddress
  }

  @Test(arguments: [
    // Nobody is trusted, or not this peer: what the field says is nobody's word.
    ("198.51.100.7", ["203.0.113.9"], [], "198.51.100.7"),
    ("198.51.100.7", ["203.0.113.9"], ["127.0.0.1"], "198.51.100.7"),
    ("127.0.0.1", [], ["127.0.0.1"], "127.0.0.1"),
    ("127.0.0.1", ["203.0.113.9"], ["127.0.0.1"], "203.0.113.9"),
    ("10.1.2.3", ["203.0.113.9"], ["10.0.0.0/8"], "203.0.113.9"),
    ("11.1.2.3", ["203.0.113.9"], ["10.0.0.0/8"], "11.1.2.3"),
    ("10.1.2.130", ["203.0.113.9"], ["10.1.2.128/25"], "203.0.113.9"),
    ("10.1.2.127", ["203.0.113.9"], ["10.1.2.128/25"], "10.1.2.127"),
    ("::1", ["2001:db8::5"], ["::1"], "2001:db8::5"),
    ("fd12::1", ["2001:db8::5"], ["fd00::/8"], "2001:db8::5"),
    // A client wrote the beginning himself.
    ("127.0.0.1", ["1.1.1.1, 203.0.113.9"], ["127.0.0.1"], "203.0.113.9"),
    ("127.0.0.1", ["1.1.1.1, 203.0.113.9,10.0.0.2 ,\t10.0.0.3"], ["127.0.0.1", "10.0.0.0/24"], "203.0.113.9"),
    ("127.0.0.1", ["1.1.1.1", "203.0.113.9"], ["127.0.0.1"], "203.0.113.9"),
    ("127.0.0.1", ["127.0.0.1, 127.0.0.1"], ["127.0.0.1"], "127.0.0.1"),
    ("127.0.0.1", ["203.0.113.9, unknown"], ["127.0.0.1"], "127.0.0.1"),
    ("127.0.0.1", ["203.0.113.9, <script>, 10.0.0.3"], ["127.0.0.1", "10.0.0.3"], "10.0.0.3"),
    ("127.0.0.1", [""], ["127.0.0.1"], "127.0.0.1"),
    ("127.0.0.1", ["203.0.113.9,\u{301}, 10.0.0.3"], ["127.0.0.1", "10.0.0.3"], "10.0.0.3"),
    // IPv4 in the clothes of IPv6.
    ("::ffff:127.0.0.1", ["203.0.113.9"], ["127.0.0.1"], "203.0.113.9"),
    ("127.0.0.1", ["1.1.1.1, ::ffff:203.0.113.9"], ["127.0.0.1"], "203.0.113.9"),
    ("10.1.2.3", ["203.0.113.9, ::ffff:10.0.0.9"], ["::ffff:10.0.0.0/104"], "203.0.113.9"),
    ("11.1.2.3", ["203.0.113.9"], ["::ffff:10.0.0.0/104"], "11.1.2.3"),
  ])
  func `the last who is not trusted is the client`(
    peer: String, fields: [String], trusted: [String], expected: String
  ) throws {
    #expect(try client(peer, fields, trusted) == expected)
  }

  @Test(arguments: ["", "host", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/+8", "::/129", "1.2.3"])
  func `what is no address and no network is none`(text: String) { #expect(TrustedProxies([text]) == nil) }
}
