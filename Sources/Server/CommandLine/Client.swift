import Foundation
import JSON

/// Speaks to a running server for the commands that need one. Every call has a time limit.
struct Client {
  let base: String
  let key: String?
  private let calls = ShortCalls()

  init(base: String, key: String?) { (self.base, self.key) = (base, key) }

  struct Answer {
    let status: Int
    /// By names in lower case.
    let headers: [String: String]
    let body: [UInt8]
    let json: JSONValue?

    init(status: Int, headers: [String: String], body: [UInt8]) {
      (self.status, self.headers, self.body) = (status, headers, body)
      json = try? JSONValue(parsing: body)
    }

    /// A document, or word that it is saved.
    var isGood: Bool { [200, 201].contains(status) && json?.object != nil }
    /// What stands in the way: errors of a refused document.
    var errors: [JSONValue] { json?["errors"]?.array ?? [] }
    /// Nothing was done, and a moment later it may be.
    var isTurnedAway: Bool { [408, 429, 503].contains(status) || isUnderWay }
    /// The same call, made before, is not answered yet.
    var isUnderWay: Bool { status == 409 && json?["code"]?.string == "call_under_way" }
  }

  static let standardURL = "http://127.0.0.1:8080"
  /// Calls that were turned away for a while are made again, so often at most; those under way are waited for.
  private static let tries = 5
  private static let waits = 60
  private static let longestPauseSeconds = 10.0

  func call(
    _ method: String, _ path: String, json: JSONValue? = nil, headers: [String: String] = [:]
  ) async throws -> Answer {
    try await call(method, path, body: json?.serialized(), type: "application/json", headers: headers)
  }

  func call(
    _ method: String, _ path: String, body: [UInt8]?, type: String, headers: [String: String] = [:]
  ) async throws -> Answer {
    let question = try question(method, path, body: body, type: type, headers: headers)
    switch await onThread({ [calls] in calls.make(question) }) {
    case .answer(let status, let headers, let body):
      if (300...399).contains(status) { throw redirected(status, to: headers["location"]) }
      return Answer(status: status, headers: headers, body: body)
    case .nothing(let why, let mayBeDone): throw unreachable(why, mayBeDone: mayBeDone)
    }
  }

  /// The same, again after a pause where the server was too busy.
  /// - Parameter again: whether also after no answer: for calls that change nothing the second time.
  func patient(again: (Refused) -> Bool = { _ in false }, _ call: () async throws -> Answer) async throws -> Answer {
    var (tries, waits) = (Self.tries, Self.waits)
    while true {
      var pause = 1.0
      do {
        let answer = try await call()
        if answer.isUnderWay { waits -= 1 } else { tries -= 1 }
        guard answer.isTurnedAway, tries > 0, waits > 0 else { return answer }
        pause = answer.headers["retry-after"].flatMap(Double.init) ?? pause
      } catch let refused as Refused {
        tries -= 1
        guard tries > 0, again(refused) else { throw refused }
      }
      try await Task.sleep(for: .seconds(min(max(pause, 0.1), Self.longestPauseSeconds)))
    }
  }

  /// The answer, or what the server said against it.
  /// - Parameters:
  ///   - status: what the route answers with when all is well.
  ///   - fields: what its answer has.
  @discardableResult
  func expect(
    _ method: String, _ path: String, json: JSONValue? = nil, status: Set<Int> = [200], fields: [String] = []
  ) async throws -> JSONValue {
    let answer = try await patient { try await call(method, path, json: json) }
    return try good(answer, status: status, fields: fields)
  }

  func good(_ answer: Answer, status: Set<Int> = [200], fields: [String] = []) throws -> JSONValue {
    guard status.contains(answer.status) else { throw refused(answer) }
    if answer.status == 204 { return .null }
    guard let json = answer.json, json.object != nil, fields.allSatisfy({ json[$0] != nil }) else {
      throw strange(answer)
    }
    return json
  }

  func unreachable(_ why: String, mayBeDone: Bool = false) -> Refused {
    var refused = Refused("no answer from \(base): \(why); is a server there? --url or ZVENO_URL says where")
    refused.mayBeDone = mayBeDone
    return refused
  }

  /// It is not followed: whoever is there would get the key.
  func redirected(_ status: Int, to location: String?) -> Refused {
    let target = location.map { "sends to \($0.printable)" } ?? "sends elsewhere"
    return Refused(
      "\(base) answered \(status) and \(target), which is not followed: give the server's own URL with --url",
      status: ExitStatus.found)
  }

  /// What no Zveno answers.
  func strange(_ answer: Answer) -> Refused {
    Refused(
      "\(base) answered \(answer.status), and not as Zveno does: is it one? --url or ZVENO_URL says where the server is",
      status: ExitStatus.found)
  }

  func refused(_ answer: Answer) -> Refused {
    (200...299).contains(answer.status) ? strange(answer) : refused(answer.status, answer.json)
  }

  /// - Parameter body: the problem that came with it.
  func refused(_ status: Int, _ body: JSONValue?) -> Refused {
    let said = body?["detail"]?.string ?? body?["title"]?.string ?? "no reason given"
    let first = body?["errors"]?.array?.first
    let more = first?["detail"]?.string.map { $0 == said ? "" : ": \($0)" } ?? ""
    let hint =
      switch status {
      case 401: key == nil ? "; put a key into ZVENO_KEY" : "; ZVENO_KEY or --key is no key of this server, or no more"
      case 403: "; zveno keys create makes a key that may"
      default: ""
      }
    return Refused("\(base) answered \(status): \(said)\(more)\(hint)", status: ExitStatus.found)
  }

  private func question(
    _ method: String, _ path: String, body: [UInt8]?, type: String, headers: [String: String]
  ) throws -> ShortCalls.Question {
    guard let url = URL(string: base + path), url.host != nil, ["http", "https"].contains(url.scheme) else {
      throw Refused("expected --url to be an http or https URL, got \(base)", status: ExitStatus.usage)
    }
    var lines = headers.map { "\($0.key): \($0.value)" }
    if let key {
      guard !key.isEmpty, key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw Refused(
          "expected --key, ZVENO_KEY or ZVENO_ADMIN_KEY to be visible ASCII characters without spaces and line breaks",
          status: ExitStatus.usage)
      }
      lines.append("Authorization: Bearer \(key)")
    }
    if body != nil { lines.append("Content-Type: \(type)") }
    return ShortCalls.Question(method: method, url: base + path, headers: lines, body: body)
  }
}

extension String {
  /// One segment of a path.
  var pathSegment: String { addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? self }
}
