import Foundation
import FoundationNetworking
import JSON

/// Speaks to a running server for the commands that need one. Every call has a time limit.
struct Client {
  let base: String
  let key: String?

  struct Answer {
    let status: Int
    let body: [UInt8]

    var json: JSONValue? { try? JSONValue(parsing: body) }
  }

  static let standardURL = "http://127.0.0.1:8080"
  static let seconds: TimeInterval = 15

  func call(_ method: String, _ path: String, json: JSONValue? = nil) async throws -> Answer {
    guard let url = URL(string: base + path), url.host != nil else {
      throw Refused("expected --url to be an http or https URL, got \(base)", status: ExitStatus.usage)
    }
    var request = URLRequest(url: url, timeoutInterval: Self.seconds)
    request.httpMethod = method
    if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
    if let json {
      request.httpBody = Data(json.serialized())
      request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    }
    do {
      let (data, response) = try await URLSession.shared.data(for: request)
      return Answer(status: (response as? HTTPURLResponse)?.statusCode ?? 0, body: Array(data))
    } catch {
      throw Refused("no answer from \(base): \(error.localizedDescription)")
    }
  }

  /// The answer, or what the server said against it.
  func expect(_ method: String, _ path: String, json: JSONValue? = nil) async throws -> JSONValue {
    let answer = try await call(method, path, json: json)
    guard (200...299).contains(answer.status) else {
      let said = answer.json?["detail"]?.string ?? answer.json?["title"]?.string ?? "no reason given"
      throw Refused("\(base) answered \(answer.status): \(said)", status: ExitStatus.found)
    }
    return answer.json ?? .null
  }
}
