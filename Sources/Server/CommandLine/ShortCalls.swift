import CCurl
import Synchronization

/// Calls of a server whose answers fit into memory, one after the other, by libcurl. No redirect is followed: whoever
/// it names is not to get the key. What changes something goes over a fresh connection, since of one that was kept and
/// breaks nobody knows what the server has read.
final class ShortCalls: Sendable {
  static let connectSeconds = 15
  /// Without a byte in either direction.
  static let stallSeconds = 60
  private static let answerBytes = 256 << 20

  struct Question: Sendable {
    let method: String
    let url: String
    let headers: [String]
    let body: [UInt8]?
  }

  enum Outcome: Sendable {
    case answer(status: Int, headers: [String: String], body: [UInt8])
    /// - mayBeDone: the call was on its way.
    case nothing(why: String, mayBeDone: Bool)
  }

  /// What comes, as it comes.
  private final class Arrival {
    var headers: [String: String] = [:]
    var body: [UInt8] = []

    func take(header line: UnsafeRawBufferPointer) {
      let text = String(decoding: line, as: UTF8.self)
      // An interim answer (100) has a head of its own.
      if text.hasPrefix("HTTP/") { headers = [:] }
      guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return }
      let value = text[colon...].dropFirst().drop { $0.isWhitespace }
      headers[text[..<colon].lowercased()] = String(value.prefix { !$0.isNewline })
    }

    func take(body bytes: UnsafeRawBufferPointer) -> Bool {
      guard body.count + bytes.count <= answerBytes else { return false }
      body += bytes
      return true
    }
  }

  private nonisolated(unsafe) let curl: UnsafeMutableRawPointer?
  private let turn = Mutex(())

  init() { curl = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK ? curl_easy_init() : nil }

  deinit { curl_easy_cleanup(curl) }

  /// Blocks until the answer is there.
  func make(_ question: Question) -> Outcome {
    turn.withLock { _ in
      guard let curl else { return .nothing(why: "libcurl does not start", mayBeDone: false) }
      var headers = curl_slist_append(nil, "Expect:")
      for header in question.headers { headers = curl_slist_append(headers, header) }
      defer { curl_slist_free_all(headers) }
      // Connections stay.
      curl_easy_reset(curl)
      zveno_curl_set_list(curl, CURLOPT_HTTPHEADER, headers)
      Self.ask(question, curl)
      let arrival = Arrival()
      let code = withExtendedLifetime(arrival) {
        Self.receive(arrival, curl)
        return curl_easy_perform(curl)
      }
      guard code == CURLE_OK else {
        return .nothing(
          why: String(cString: curl_easy_strerror(code)), mayBeDone: Self.figure(CURLINFO_REQUEST_SIZE, curl) > 0)
      }
      return .answer(
        status: Self.figure(CURLINFO_RESPONSE_CODE, curl), headers: arrival.headers, body: arrival.body)
    }
  }

  private static func ask(_ question: Question, _ curl: UnsafeMutableRawPointer) {
    zveno_curl_set_string(curl, CURLOPT_URL, question.url)
    zveno_curl_set_string(curl, CURLOPT_PROTOCOLS_STR, "http,https")
    zveno_curl_set_long(curl, CURLOPT_FOLLOWLOCATION, 0)
    zveno_curl_set_long(curl, CURLOPT_NOSIGNAL, 1)
    zveno_curl_set_long(curl, CURLOPT_CONNECTTIMEOUT, connectSeconds)
    zveno_curl_set_long(curl, CURLOPT_LOW_SPEED_LIMIT, 1)
    zveno_curl_set_long(curl, CURLOPT_LOW_SPEED_TIME, stallSeconds)
    guard question.method != "GET" else { return }
    zveno_curl_set_long(curl, CURLOPT_FRESH_CONNECT, 1)
    if let body = question.body {
      zveno_curl_set_long(curl, CURLOPT_POST, 1)
      zveno_curl_set_offset(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      body.withUnsafeBytes { bytes in
        // The bytes are copied; without an address libcurl would wait for them elsewhere.
        let address = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
        if let address {
          zveno_curl_set_pointer(curl, CURLOPT_COPYPOSTFIELDS, address)
        } else {
          zveno_curl_set_string(curl, CURLOPT_COPYPOSTFIELDS, "")
        }
      }
    }
    zveno_curl_set_string(curl, CURLOPT_CUSTOMREQUEST, question.method)
  }

  private static func receive(_ arrival: Arrival, _ curl: UnsafeMutableRawPointer) {
    let context = Unmanaged.passUnretained(arrival).toOpaque()
    zveno_curl_set_pointer(curl, CURLOPT_HEADERDATA, context)
    zveno_curl_set_bytes(curl, CURLOPT_HEADERFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      let line = UnsafeRawBufferPointer(start: buffer, count: size * count)
      Unmanaged<Arrival>.fromOpaque(context).takeUnretainedValue().take(header: line)
      return size * count
    }
    zveno_curl_set_pointer(curl, CURLOPT_WRITEDATA, context)
    zveno_curl_set_bytes(curl, CURLOPT_WRITEFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      let bytes = UnsafeRawBufferPointer(start: buffer, count: size * count)
      return Unmanaged<Arrival>.fromOpaque(context).takeUnretainedValue().take(body: bytes) ? size * count : 0
    }
  }

  private static func figure(_ info: CURLINFO, _ curl: UnsafeMutableRawPointer) -> Int {
    var figure = 0
    return zveno_curl_get_long(curl, info, &figure) == CURLE_OK ? figure : 0
  }
}
