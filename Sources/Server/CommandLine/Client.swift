import Foundation
import FoundationNetworking
import JSON

/// Speaks to a running server for the commands that need one. Every call has a time limit.
struct Client {
  let base: String
  let key: String?

  struct Answer {
    let status: Int
    /// By names in lower case.
    let headers: [String: String]
    let body: [UInt8]

    var json: JSONValue? { try? JSONValue(parsing: body) }
    var isGood: Bool { (200...299).contains(status) }
    /// What stands in the way: errors of a refused document.
    var errors: [JSONValue] { json?["errors"]?.array ?? [] }
  }

  static let standardURL = "http://127.0.0.1:8080"
  static let seconds: TimeInterval = 60
  /// Calls that were turned away for a while are made again, so often at most.
  private static let tries = 5
  private static let longestPauseSeconds = 10.0

  func call(
    _ method: String, _ path: String, json: JSONValue? = nil, headers: [String: String] = [:]
  ) async throws -> Answer {
    try await call(method, path, body: json?.serialized(), type: "application/json", headers: headers)
  }

  func call(
    _ method: String, _ path: String, body: [UInt8]?, type: String, headers: [String: String] = [:]
  ) async throws -> Answer {
    let request = try request(method, path, body: body, type: type, headers: headers)
    do {
      let (data, response) = try await URLSession.shared.data(for: request)
      let http = response as? HTTPURLResponse
      let fields = (http?.allHeaderFields ?? [:]).compactMap { name, value in
        (name as? String).map { ($0.lowercased(), "\(value)") }
      }
      return Answer(
        status: http?.statusCode ?? 0, headers: Dictionary(fields) { $1 }, body: Array(data))
    } catch {
      throw unreachable(error.localizedDescription)
    }
  }

  /// The same, again after a pause where the server was too busy.
  /// - Parameter lost: also where no answer came: for calls that change nothing the second time.
  func patient(lost: Bool = false, _ call: () async throws -> Answer) async throws -> Answer {
    for _ in 1..<Self.tries {
      var pause = 1.0
      do {
        let answer = try await call()
        guard answer.status == 503 || answer.status == 429 else { return answer }
        pause = answer.headers["retry-after"].flatMap(Double.init) ?? pause
      } catch let refused as Refused {
        guard lost, refused.status == ExitStatus.unavailable else { throw refused }
      }
      try await Task.sleep(for: .seconds(min(max(pause, 0.1), Self.longestPauseSeconds)))
    }
    return try await call()
  }

  /// The answer, or what the server said against it.
  @discardableResult
  func expect(
    _ method: String, _ path: String, json: JSONValue? = nil, headers: [String: String] = [:]
  ) async throws -> JSONValue {
    let answer = try await patient { try await call(method, path, json: json, headers: headers) }
    guard answer.isGood else { throw refused(answer.status, answer.json) }
    return answer.json ?? .null
  }

  func unreachable(_ why: String) -> Refused {
    Refused("no answer from \(base): \(why); is a server there? --url or ZVENO_URL says where")
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

  private func request(
    _ method: String, _ path: String, body: [UInt8]?, type: String, headers: [String: String]
  ) throws -> URLRequest {
    guard let url = URL(string: base + path), url.host != nil, ["http", "https"].contains(url.scheme) else {
      throw Refused("expected --url to be an http or https URL, got \(base)", status: ExitStatus.usage)
    }
    var request = URLRequest(url: url, timeoutInterval: Self.seconds)
    request.httpMethod = method
    if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    if let body {
      request.httpBody = Data(body)
      request.setValue(type, forHTTPHeaderField: "Content-Type")
    }
    return request
  }
}

extension String {
  /// One segment of a path.
  var pathSegment: String { addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? self }
}
