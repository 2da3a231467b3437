import Domain
import Foundation
import JSON
import Testing

@testable import Channels

@Suite("SMTP with TLS and login")
struct SMTPSecurityTests {
  @Test("STARTTLS and login carry a letter, and the session is kept", arguments: ["p w:@/ä", "plain"])
  func startTLSAndLogin(_ password: String) throws {
    let certificate = try Certificate()
    let server = try PythonServer(
      "smtp_server.py", certificate.arguments + ["--require-starttls", "--login", "shop:\(password)"])
    let escaped = password.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let connection = try SMTPAdapter(
      settings(
        url: "smtp://shop:\(escaped)@localhost:\(server.port)?tls=required", certificates: certificate.path),
      now: { noon }
    ).connect()
    #expect(connection.send(message(key: "a")) == .accepted(providerID: "TEST1"))
    #expect(connection.send(message(key: "b")) == .accepted(providerID: "TEST2"))
    connection.close()
    let received = try server.received
    #expect(received.compactMap { $0["tls"]?.bool } == [true, true])
    #expect(received.compactMap { $0["session"]?.number } == [1, 1])
  }

  @Test("smtps encrypts from the start")
  func implicitTLS() throws {
    let certificate = try Certificate()
    let server = try PythonServer("smtp_server.py", certificate.arguments + ["--tls-from-start"])
    let outcome = try send("smtps://localhost:\(server.port)", certificates: certificate.path)
    #expect(outcome == .accepted(providerID: "TEST1"))
  }

  @Test("a certificate that nobody vouches for keeps the letter here", arguments: ["smtps", "smtp"])
  func untrusted(_ scheme: String) throws {
    let certificate = try Certificate()
    let server = try PythonServer(
      "smtp_server.py", certificate.arguments + (scheme == "smtps" ? ["--tls-from-start"] : []))
    let outcome = try send("\(scheme)://localhost:\(server.port)?tls=required")
    guard case .retry(nil, let reason) = outcome else { Testing.Issue.record("expected retry, got \(outcome)"); return }
    #expect(reason.lowercased().contains("certificate"))
    #expect(try server.received.isEmpty)
  }

  @Test("a server that offers no TLS gets no letter where TLS is required")
  func downgrade() throws {
    let server = try PythonServer("smtp_server.py")
    let outcome = try send("smtp://localhost:\(server.port)?tls=required")
    guard case .retry = outcome else { Testing.Issue.record("expected retry, got \(outcome)"); return }
    #expect(try server.received.isEmpty)
  }

  @Test("opportunistic TLS is used where it is offered, and not missed elsewhere", arguments: [true, false])
  func opportunistic(_ isOffered: Bool) throws {
    let certificate = try Certificate()
    let server = try PythonServer("smtp_server.py", isOffered ? certificate.arguments : [])
    let settings = try settings(url: "smtp://localhost:\(server.port)?tls=opportunistic")
    let connection = SMTPAdapter(settings, now: { noon }).connect()
    for number in 1...2 { #expect(connection.send(message()) == .accepted(providerID: "TEST\(number)")) }
    #expect(try server.received.compactMap { $0["tls"]?.bool } == [isOffered, isOffered])
    #expect(try server.received.compactMap { $0["session"]?.number } == [1, 1])
  }

  @Test("a refused login holds the channel and does not tell the password")
  func wrongPassword() throws {
    let server = try PythonServer("smtp_server.py", ["--login", "shop:right"])
    let outcome = try send("smtp://shop:wr0ng-s3cret@127.0.0.1:\(server.port)")
    guard case .throttled(60, let reason) = outcome else {
      Testing.Issue.record("expected throttled, got \(outcome)")
      return
    }
    #expect(!reason.contains("wr0ng-s3cret"))
  }

  @Test(
    "what a URL leaves open is chosen so that no password travels in the clear",
    arguments: [
      ("smtp://mail.example", .opportunistic), ("smtp://u:p@mail.example:587", .required),
      ("smtp://127.0.0.1:1025", .off), ("smtp://localhost", .off), ("smtp://u:p@[::1]", .off),
      ("smtp://127.0.0.1.evil.example", .opportunistic), ("smtp://u:p@mail.example?tls=off", .off),
    ] as [(String, SMTPServer.TLS)])
  func defaults(_ url: String, _ tls: SMTPServer.TLS) throws {
    #expect(try SMTPServer(url: url, tls: nil).tls == tls)
  }

  @Test(
    "a URL that is none is refused without quoting it",
    arguments: [
      "", "mail.example", "http://u:s3cret@mail.example", "smtp://", "smtp://u:s3cret@mail.example?x=1",
      "smtp://u:s3cret@mail.example\r\nx", "file:///etc/passwd", "smtp://u:s3cret@mail.example?tls=maybe",
    ])
  func badURL(_ url: String) {
    let refusal = #expect(throws: SMTPServer.BadURL.self) { try SMTPServer(url: url, tls: nil) }
    #expect(refusal?.detail.contains("s3cret") == false)
  }

  private func send(_ url: String, certificates: String? = nil) throws -> HandOver {
    let connection = SMTPAdapter(try settings(url: url, certificates: certificates), now: { noon }).connect()
    defer { connection.close() }
    return connection.send(message())
  }
}

/// A certificate for localhost, signed by itself, made for one test.
final class Certificate {
  private let folder: URL
  var path: String { folder.appending(path: "certificate.pem").path }
  var arguments: [String] { ["--certificate", path, "--key", folder.appending(path: "key.pem").path] }

  init() throws {
    folder = try temporaryFolder()
    _ = try ChildProcess(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-keyout", folder.appending(path: "key.pem").path, "-out", path,
      ]
    ).readAll()
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}
