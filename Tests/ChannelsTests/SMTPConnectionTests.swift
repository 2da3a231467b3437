import Domain
import Foundation
import JSON
import Testing

@testable import Channels

@Suite("Letters over SMTP, to a real server")
struct SMTPConnectionTests {
  @Test("a letter arrives whole, with its envelope")
  func arrives() throws {
    let server = try PythonServer("smtp_server.py")
    let text = ".\r\n..\r\n.dot\r\nlast\r\n.\r\n"
    let outcome = try send(message(subject: "Тема", text: text), to: server)
    #expect(outcome == .accepted(providerID: "TEST1"))
    let envelope = try #require(try server.received.first)
    #expect(envelope["from"]?.string == "news@shop.example")
    #expect(envelope["to"] == ["anna@example.com"])
    let letter = try ReadLetter(file: #require(try server.files(ending: ".eml").first))
    #expect(letter.subject == "Тема")
    // A single text part ends with the line end that every letter has.
    #expect(letter.parts.first?.text == text + "\r\n")
    #expect(letter.raw == (try compose(message(subject: "Тема", text: text))))
  }

  @Test("lines that begin with a dot survive, wherever they fall in libcurl's buffer")
  func dotStuffing() throws {
    let server = try PythonServer("smtp_server.py")
    let connection = try connection(to: server)
    for shift in 0..<4 {
      let text = String(repeating: "x", count: shift) + "\n" + String(repeating: ".\n", count: 40_000) + "."
      let letter = message(key: "dots-\(shift)", text: text)
      guard case .accepted = connection.send(letter) else { Testing.Issue.record("not accepted"); return }
      let file = try #require(try server.files(ending: ".eml").last)
      #expect(try Array(Data(contentsOf: file)) == compose(letter))
    }
  }

  @Test("one session serves letter after letter")
  func reusesSession() throws {
    let server = try PythonServer("smtp_server.py")
    let connection = try connection(to: server)
    for number in 1...5 {
      #expect(connection.send(message(key: "k\(number)")) == .accepted(providerID: "TEST\(number)"))
    }
    #expect(try server.received.compactMap { $0["session"]?.number } == [1, 1, 1, 1, 1])
  }

  @Test("a session that the server has closed is opened again within the same try")
  func reopens() throws {
    let server = try PythonServer("smtp_server.py", ["--close-after-letter"])
    let connection = try connection(to: server)
    for number in 1...3 {
      #expect(connection.send(message(key: "k\(number)")) == .accepted(providerID: "TEST\(number)"))
    }
    #expect(try server.received.compactMap { $0["session"]?.number } == [1, 2, 3])
  }

  @Test(
    "a kept session that answers the next letter with 421, or closes on it, is opened again",
    arguments: ["421 idle", "close"])
  func goodbyeOnReuse(_ action: String) throws {
    let server = try PythonServer("smtp_server.py", ["--at", "MAIL2=\(action)"])
    let connection = try connection(to: server)
    for number in 1...3 {
      #expect(connection.send(message(key: "k\(number)")) == .accepted(providerID: "TEST\(number)"))
    }
    #expect(try server.received.count == 3)
  }

  @Test(
    "a reply decides what becomes of the letter",
    arguments: [
      ("RCPT=450 4.2.0 greylisted", .retry(afterSeconds: nil, reason: "450 4.2.0 greylisted")),
      ("RCPT=550 5.1.1 no such user", .rejected(reason: "550 5.1.1 no such user")),
      ("MAIL=553 5.1.8 sender refused", .rejected(reason: "553 5.1.8 sender refused")),
      ("MAIL=421 4.3.0 going down", .retry(afterSeconds: nil, reason: "421 4.3.0 going down")),
      ("MAIL=530 5.7.0 login first", .throttled(afterSeconds: 60, reason: "530 5.7.0 login first")),
      ("DATA=451 4.3.0 later", .retry(afterSeconds: nil, reason: "451 4.3.0 later")),
      ("DATA=554 5.5.1 no", .rejected(reason: "554 5.5.1 no")),
      ("END=450 4.7.1 later", .retry(afterSeconds: nil, reason: "450 4.7.1 later")),
      ("END=452 4.3.1 out of space", .retry(afterSeconds: nil, reason: "452 4.3.1 out of space")),
      ("RCPT=452 4.5.3 too many letters", .throttled(afterSeconds: 60, reason: "452 4.5.3 too many letters")),
      ("END=554 5.7.1 spam", .rejected(reason: "554 5.7.1 spam")),
      ("greeting=554 no service here", .retry(afterSeconds: nil, reason: "554 no service here")),
      (
        "greeting=421 4.7.0 too many connections",
        .throttled(afterSeconds: 60, reason: "421 4.7.0 too many connections")
      ),
    ] as [(String, HandOver)])
  func replies(_ action: String, _ expected: HandOver) throws {
    let server = try PythonServer("smtp_server.py", ["--at", action])
    let outcome = try send(message(), to: server)
    #expect(outcome == expected)
    #expect(try server.received.isEmpty)
  }

  @Test(
    "a connection serves good letters after any failure",
    arguments: ["RCPT=550 no", "END=450 later", "DATA=close", "END=close"])
  func goesOn(_ action: String) throws {
    let server = try PythonServer("smtp_server.py", ["--at", action, "--times", "1"])
    let connection = try connection(to: server)
    _ = connection.send(message(key: "a"))
    #expect(connection.send(message(key: "b")) == .accepted(providerID: "TEST1"))
  }

  @Test(
    "a session cut before the letter was read is tried later; after its end nobody knows",
    arguments: ["MAIL", "RCPT", "DATA"])
  func cut(_ stage: String) throws {
    let server = try PythonServer("smtp_server.py", ["--at", "\(stage)=close"])
    guard case .retry(nil, _) = try send(message(), to: server) else { Testing.Issue.record("expected retry"); return }
  }

  @Test("silence or a cut after the final dot is unknown", arguments: ["close", "hang"])
  func unknown(_ action: String) throws {
    let server = try PythonServer("smtp_server.py", ["--at", "END=\(action)"])
    guard case .unknown = try send(message(), to: server, timeout: 500) else {
      Testing.Issue.record("expected unknown"); return
    }
  }

  @Test("silence before the letter is tried later", arguments: ["MAIL", "RCPT", "DATA"])
  func silence(_ stage: String) throws {
    let server = try PythonServer("smtp_server.py", ["--at", "\(stage)=hang"])
    guard case .retry = try send(message(), to: server, timeout: 500) else {
      Testing.Issue.record("expected retry"); return
    }
  }

  @Test("a reply of more than a megabyte is not kept, its first line counts")
  func longReply() throws {
    let server = try PythonServer("smtp_server.py", ["--at", "END=long"])
    #expect(try send(message(), to: server) == .accepted(providerID: nil))
  }

  @Test(
    "nobody listening, and a name that does not resolve, are tried later",
    arguments: ["127.0.0.1:9", "nowhere.invalid"])
  func noServer(_ host: String) throws {
    let connection = SMTPAdapter(try settings(url: "smtp://\(host)"), now: { noon }).connect()
    guard case .retry(nil, let reason) = connection.send(message()) else {
      Testing.Issue.record("expected retry"); return
    }
    #expect(!reason.isEmpty)
  }

  @Test("an address that is none is refused without a connection")
  func badAddress() throws {
    let connection = SMTPAdapter(try settings(url: "smtp://127.0.0.1:9"), now: { noon }).connect()
    #expect(
      connection.send(message(to: "анна@example.com"))
        == .rejected(reason: "address needs SMTPUTF8: the part before @ is not ASCII"))
    guard case .rejected = connection.send(message(to: "a@example.com>\r\nRCPT TO:<b@example.com")) else {
      Testing.Issue.record("expected rejected")
      return
    }
  }

  @Test("an international domain goes out in Punycode")
  func international() throws {
    let server = try PythonServer("smtp_server.py")
    #expect(try send(message(to: "anna@пример.рф"), to: server) == .accepted(providerID: "TEST1"))
    #expect(try server.received.first?["to"] == ["anna@xn--e1afmkfd.xn--p1ai"])
  }

  @Test("closing does not wait for a server that hangs")
  func closeDoesNotWait() throws {
    let server = try PythonServer("smtp_server.py", ["--at", "QUIT=hang"])
    let connection = try connection(to: server)
    _ = connection.send(message())
    let clock = ContinuousClock()
    #expect(clock.measure { connection.close() } < .seconds(5))
  }

  @Test("a refusal does not wait for a server that hangs in parting")
  func refusalAndHang() throws {
    let server = try PythonServer("smtp_server.py", ["--at", "RCPT=550 no", "--at", "QUIT=hang"])
    let clock = ContinuousClock()
    let connection = try connection(to: server, timeout: 500)
    let time = clock.measure { #expect(connection.send(message()) == .rejected(reason: "550 no")) }
    #expect(time < .seconds(5))
  }

  private func send(_ message: OutgoingMessage, to server: PythonServer, timeout: Int = 20_000) throws -> HandOver {
    let connection = try connection(to: server, timeout: timeout)
    defer { connection.close() }
    return connection.send(message)
  }
}

func connection(to server: PythonServer, timeout: Int = 20_000) throws -> any ChannelConnection {
  SMTPAdapter(try settings(url: "smtp://127.0.0.1:\(server.port)", timeout: timeout), now: { noon }).connect()
}

func settings(
  url: String, tls: SMTPServer.TLS? = nil, timeout: Int = 20_000, certificates: String? = nil
) throws -> SMTPSettings {
  SMTPSettings(
    server: try SMTPServer(url: url, tls: tls), sender: try shop(),
    envelopeSender: try MailAddress("news@shop.example"),
    connections: 1, timeoutMilliseconds: timeout, certificates: certificates)
}
