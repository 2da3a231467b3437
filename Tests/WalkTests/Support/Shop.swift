import Foundation
import JSON
import Testing

/// A shop's whole world for one test: a data folder, a mail server, a provider for texts, and the server between them.
final class Shop {
  static let start = "2026-03-02T09:00:00Z"

  let folder: TemporaryFolder
  private(set) var mail: TestServer
  let provider: TestServer
  /// Nil while it is down.
  private(set) var zveno: Zveno?
  private let clock: String?
  private let retention: JSONValue?
  private var arguments: [String] = []

  /// - Parameters:
  ///   - clock: where the test clock begins; nil runs on the wall clock.
  ///   - apply: whether the shipped `config` is applied.
  ///   - retention: as in the configuration; nil: everything is kept.
  ///   - opens: whether the server is started.
  init(
    clock: String? = Shop.start, apply: Bool = false, mail mailArguments: [String] = [],
    provider providerArguments: [String] = [], retention: JSONValue? = nil, opens: Bool = true
  ) throws {
    folder = try TemporaryFolder()
    mail = try TestServer.mail(mailArguments)
    provider = try TestServer.provider(providerArguments)
    (self.clock, self.retention) = (clock, retention)
    try configure()
    if apply { arguments = ["--apply", Self.shippedConfiguration.path] }
    if opens { try open() }
  }

  static let shippedConfiguration = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../config").standardizedFileURL

  var dataPath: String { folder.path + "/data" }
  var configurationPath: String { folder.path + "/zveno.json" }

  /// - Parameters:
  ///   - clock: later than where it stood: what lies between is downtime.
  ///   - under: a program that starts the server and gives way to it.
  func open(clock later: String? = nil, under: [String] = [], environment: [String: String] = [:]) throws {
    try launch(clock: later, under: under, environment: environment).awaitReady()
  }

  /// The same without waiting until it listens.
  @discardableResult
  func launch(
    clock later: String? = nil, under: [String] = [], environment: [String: String] = [:]
  ) throws -> Zveno {
    let time = (later ?? clock).map { ["--test-clock", $0] } ?? []
    let launched = try Zveno(
      launching: ["--data", dataPath, "--config", configurationPath] + arguments + time,
      environment: ["ZVENO_SECRET_SMS_KEY": "sms-secret"].merging(environment) { $1 }, under: under)
    zveno = launched
    return launched
  }

  /// Another mail server, which behaves, for the next start.
  func replaceMail() throws {
    mail = try TestServer.mail()
    try configure()
  }

  private func configure() throws {
    var document = Self.configuration(mail: mail.port, provider: provider.port).object ?? [:]
    document["retention"] = retention
    try folder.write(JSONValue.object(document).text, to: "zveno.json")
  }

  func killHard() {
    zveno?.killHard()
    zveno = nil
  }

  /// The exit status.
  func close() -> Int32? {
    defer { zveno = nil }
    return zveno?.stop()
  }

  /// No hours, so that a test decides alone what waits.
  private static func configuration(mail: Int, provider: Int) -> JSONValue {
    [
      "shop": [
        "name": "Shop", "url": "https://shop.example", "time_zone": "Europe/Moscow", "locale": "en", "currency": "RUB",
      ],
      "public_url": "http://go.shop.example",
      "log": ["level": "info", "format": "json"],
      "webhooks": ["allow_private": true],
      "channels": [
        "email": [
          "adapter": "smtp", "url": .string("smtp://127.0.0.1:\(mail)"), "from": "Магазин <news@shop.example>",
          "connections": 2, "consent": "opt_out",
        ],
        "sms": [
          "adapter": "http", "consent": "opt_in", "idempotent": true,
          "request": [
            "method": "POST", "url": .string("http://127.0.0.1:\(provider)/sms"),
            "headers": ["Authorization": "Bearer {{secret.SMS_KEY}}"],
            "json": ["to": "{{to}}", "text": "{{text}}", "id": "{{message.id}}"],
          ],
          "accepted": ["status": [200, 202], "id": "/message_id"], "rejected": ["status": [400, 404]],
        ],
        "whatsapp": ["consent": "opt_in"], "push": [:],
        "call": ["adapter": "task"],
      ],
    ]
  }
}

extension Shop {
  /// One call with the admin key.
  func call(_ method: String, _ path: String, _ body: JSONValue? = nil, key: String = Zveno.adminKey) throws -> Answer {
    let port = try #require(zveno, "the server is down").port
    var headers = [("Authorization", "Bearer \(key)")]
    if body != nil { headers.append(("Content-Type", "application/json")) }
    return try Call.make(method, path, port: port, headers: headers, body: body?.serialized())
  }

  /// The same, for calls that must succeed.
  @discardableResult
  func ask(
    _ method: String, _ path: String, _ body: JSONValue? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> JSONValue {
    let answer = try call(method, path, body)
    let isGood = (200...299).contains(answer.status)
    try #require(isGood, "\(method) \(path): \(answer.status) \(answer.text)", sourceLocation: sourceLocation)
    return answer.json
  }

  /// A public link of a message, as somebody's browser follows it.
  func visit(
    _ url: String, _ method: String = "GET", agent: String = Shop.browser, headers: [(String, String)] = [],
    body: String? = nil
  ) throws -> Answer {
    let path = try #require(url.split(separator: "go.shop.example", maxSplits: 1).last.map(String.init), "\(url)")
    let port = try #require(zveno, "the server is down").port
    return try Call.make(
      method, path, port: port, headers: [("User-Agent", agent)] + headers, body: body.map { Array($0.utf8) })
  }

  static let browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

  func event(_ type: String, contact: JSONValue = ["id": "ann"], id: String? = nil, _ properties: JSONValue = [:])
    throws
  {
    var event: JSONValue = ["type": .string(type), "contact": contact, "properties": properties]
    if let id, case .object(var object) = event {
      object["id"] = .string(id)
      event = .object(object)
    }
    let answer = try ask("POST", "/v1/events", event)
    try #require(answer["accepted"]?.number?.int == 1)
  }

  /// Ann, with an address on every channel and her consent to texts.
  func ann() throws {
    try ask(
      "PUT", "/v1/contacts/ann",
      [
        "email": "ann@example.com", "phone": "+79161234567", "locale": "en", "time_zone": "Europe/Moscow",
        "attributes": ["first_name": "Аня"], "consents": ["sms", "call"],
      ])
  }

  /// Lets the clock stand still until nothing is left to do.
  func settle() throws { try ask("POST", "/v1/test-clock", ["advance": "0h"]) }

  func advance(_ span: String) throws { try ask("POST", "/v1/test-clock", ["advance": .string(span)]) }

  func template(_ id: String, _ document: JSONValue) throws { try ask("PUT", "/v1/templates/\(id)", document) }

  func publish(_ id: String, _ chain: JSONValue) throws {
    try ask("PUT", "/v1/chains/\(id)", chain)
    try ask("POST", "/v1/chains/\(id)/publish", [:])
  }

  func messages(_ query: String = "") throws -> [JSONValue] {
    try ask("GET", "/v1/messages?limit=1000\(query)")["items"]?.array ?? []
  }
}

extension Shop {
  func statuses() throws -> [String: Int] {
    try everyMessage().reduce(into: [:]) { $0[$1["status"]?.string ?? "", default: 0] += 1 }
  }

  /// All pages of the ledger.
  func everyMessage(_ query: String = "") throws -> [JSONValue] {
    var all: [JSONValue] = []
    var after = ""
    for _ in 0..<1000 {
      let page = try ask("GET", "/v1/messages?limit=1000\(query)\(after)")
      all += page["items"]?.array ?? []
      guard let next = page["next"]?.string else { break }
      after = "&after=\(next)"
    }
    return all
  }
}
