import CCurl
import Glibc
import JSON

/// One long answer of the server written to a file as it comes: by libcurl, which reads no faster than the disk writes.
final class Download {
  /// For the server's copy of a large file to begin to come, and between two bytes of it.
  static let connectSeconds = 15
  static let stallSeconds = 60
  private static let refusalBytes = 64 * 1024

  typealias Watching = (_ done: Int64, _ total: Int64) -> Void

  private let client: Client
  private let curl: UnsafeMutableRawPointer
  private var file: Int32 = -1
  private var received: Int64 = 0
  /// What a server says that does not send the file.
  private var refusal: [UInt8] = []
  private var writeError: Int32 = 0
  private var watch: Watching = { _, _ in }

  init(_ client: Client) throws {
    guard curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK, let curl = curl_easy_init() else {
      throw Refused("libcurl does not start", status: ExitStatus.inside)
    }
    (self.client, self.curl) = (client, curl)
  }

  deinit { curl_easy_cleanup(curl) }

  /// Blocks until all is there. Returns the bytes; throws `Refused`.
  func post(_ path: String, into file: Int32, _ watch: @escaping Watching) throws -> Int64 {
    (self.file, self.watch) = (file, watch)
    var headers = curl_slist_append(nil, "Expect:")
    if let key = client.key { headers = curl_slist_append(headers, "Authorization: Bearer \(key)") }
    defer { curl_slist_free_all(headers) }
    zveno_curl_set_string(curl, CURLOPT_URL, client.base + path)
    zveno_curl_set_string(curl, CURLOPT_PROTOCOLS_STR, "http,https")
    zveno_curl_set_long(curl, CURLOPT_NOSIGNAL, 1)
    zveno_curl_set_long(curl, CURLOPT_POST, 1)
    zveno_curl_set_string(curl, CURLOPT_COPYPOSTFIELDS, "")
    zveno_curl_set_long(curl, CURLOPT_CONNECTTIMEOUT, Self.connectSeconds)
    zveno_curl_set_long(curl, CURLOPT_TCP_KEEPALIVE, 1)
    zveno_curl_set_list(curl, CURLOPT_HTTPHEADER, headers)
    zveno_curl_set_pointer(curl, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
    zveno_curl_set_bytes(curl, CURLOPT_WRITEFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      let download = Unmanaged<Download>.fromOpaque(context).takeUnretainedValue()
      return download.take(UnsafeRawBufferPointer(start: buffer, count: size * count)) ? size * count : 0
    }
    let code = curl_easy_perform(curl)
    if writeError != 0 {
      throw Refused("the file cannot be written: \(String(cString: strerror(writeError)))", status: ExitStatus.found)
    }
    guard code == CURLE_OK else {
      throw Refused("no whole answer from \(client.base): \(String(cString: curl_easy_strerror(code)))")
    }
    guard status == 200 else {
      let answer = try? JSONValue(parsing: refusal)
      throw Refused(
        "\(client.base) answered \(status): \(answer?["detail"]?.string ?? "no reason given")", status: ExitStatus.found
      )
    }
    return received
  }

  private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard status == 200 else {
      if refusal.count < Self.refusalBytes { refusal += bytes }
      return true
    }
    if received == 0 {
      // From the first byte on it must keep coming; before, the server makes its copy.
      zveno_curl_set_long(curl, CURLOPT_LOW_SPEED_LIMIT, 1)
      zveno_curl_set_long(curl, CURLOPT_LOW_SPEED_TIME, Self.stallSeconds)
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        writeError = errno
        return false
      }
      rest = rest.dropFirst(written)
    }
    received += Int64(bytes.count)
    watch(received, total)
    return true
  }

  private var status: Int {
    var status = 0
    return zveno_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0
  }

  private var total: Int64 {
    var total: curl_off_t = -1
    return zveno_curl_get_offset(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &total) == CURLE_OK ? Int64(total) : -1
  }
}
