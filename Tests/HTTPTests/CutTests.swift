import Testing

@testable import HTTP

/// Nothing a network does to the pieces of a stream changes what is read from it.
@Suite("Cut anywhere")
struct CutTests {
  /// Requests as they should be, of every kind, and some behind one another.
  private static let own: [String] = [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nHEAD /x HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /a%20b/%D1%8F?b=c&d=%26+e&f&=g HTTP/1.1\r\nHOST: [::1]:8080\r\nAccept: \t a \t\r\nX-Empty:\r\n\r\n",
    "PUT http://other.example:81/y?z HTTP/1.1\r\nHost: a\r\nContent-Length: 000002\r\n\r\nok",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\nDELETE /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /never",
    "POST /p HTTP/1.0\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nab\r" + "GET /q HTTP/1.0\r\n\r\nignored",
    BadRequests.post(
      "Transfer-Encoding: chunked", "5;a=\"b;\\\"\" ; c\r\nhello\r\n006\r\n world\r\n0;x\r\nX-Sum: 1\r\n\r\n"),
    BadRequests.post("Transfer-Encoding:\tChunked ", "1\r\n\r\r\n2\r\n\r\n\r\n0\r\n\r\n")
      + BadRequests.post("Content-Length: 4\r\nExpect: 100-continue", "\r\n\r\n"),
    BadRequests.post("Content-Length: 0\r\nX-Bytes: caf\u{E9} \u{1F6D2}\r\nConnection: te, keep-alive"),
    String(repeating: BadRequests.post("Content-Length: 5", "hello"), count: 5),
  ]

  private static let streams = own.map { Array($0.utf8) } + CorpusTests.cases.filter { isWhole($0.input) }.map(\.input)

  /// Of the public cases those that are good requests to the end.
  private static func isWhole(_ bytes: [UInt8]) -> Bool {
    let outcomes = Parsing.everything([bytes[...]])
    return bytes.count < 600 && !outcomes.isEmpty && outcomes.last?.first?.isNumber == false
  }

  @Test("one cut, at every place there is")
  func everyCut() {
    for bytes in Self.streams {
      let whole = Parsing.everything([bytes[...]])
      #expect(!whole.isEmpty && whole.last?.first?.isNumber == false)
      for cut in bytes.indices where Parsing.everything([bytes[..<cut], bytes[cut...]]) != whole {
        Issue.record("cut at \(cut): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
      }
    }
    #expect(Self.streams.count >= Self.own.count + (CorpusTests.isThere ? 100 : 0))
  }

  @Test("byte by byte, and in pieces of any sizes")
  func pieces() {
    var state: UInt64 = 1
    func upTo(_ most: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % most + 1
    }
    for bytes in Self.streams {
      let whole = Parsing.everything([bytes[...]])
      #expect(Parsing.everything(bytes.indices.map { bytes[$0...$0] }) == whole)
      for most in [2, 3, 5, 9, 17, 40, 100] {
        var rest = bytes[...]
        var pieces: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
          let piece = rest.prefix(upTo(most))
          pieces.append(piece)
          rest = rest[piece.endIndex...]
        }
        #expect(Parsing.everything(pieces) == whole, "\(pieces.map(\.count))")
      }
    }
  }

  @Test("of every beginning, the requests that are whole in it, and no refusal")
  func prefixes() {
    for bytes in Self.streams {
      let whole = Parsing.everything([bytes[...]])
      for length in bytes.indices {
        let part = Parsing.everything([bytes[..<length]])
        if part != Array(whole.prefix(part.count)) {
          Issue.record("\(length) bytes of \(String(decoding: bytes, as: UTF8.self).debugDescription): \(part)")
        }
      }
    }
  }
}
