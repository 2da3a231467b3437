import CCurl
import Glibc
import JSON

/// One long call of the server, a file up or an answer down, as it comes: by libcurl, which reads no faster than its
/// other end takes.
final class Transfer {
  /// For the server's answer to begin to come, and between two bytes of it.
  static let connectSeconds = 15
  static let stallSeconds = 60
  private static let refusalBytes = 64 * 1024

  typealias Watching = (_ done: Int64, _ total: Int64) -> Void
  /// Takes bytes of a good answer; the number of an error ends the call.
  typealias Sink = (UnsafeRawBufferPointer) -> Int32?

  struct Upload {
    let file: Int32
    let type: String
    /// Nil: as long as it is.
    let bytes: Int64?
  }

  private let client: Client
  private let curl: UnsafeMutableRawPointer
  private var upload: Upload?
  private var sent: Int64 = 0
  private var received: Int64 = 0
  /// What a server says that does not do as it was asked.
  private var refusal: [UInt8] = []
  private var fileError: Int32 = 0
  private var sink: Sink = { _ in nil }
  private var watch: Watching = { _, _ in }

  init(_ client: Client) throws {
    guard curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK, let curl = curl_easy_init() else {
      throw Refused("libcurl does not start", status: ExitStatus.inside)
    }
    (self.client, self.curl) = (client, curl)
  }

  deinit { curl_easy_cleanup(curl) }

  /// Blocks until all is there. Returns the bytes that came; throws `Refused`.
  /// - Parameter watch: sees what was sent of an upload, else what came.
  func run(
    _ method: String, _ path: String, upload: Upload? = nil, _ watch: @escaping Watching, sink: @escaping Sink
  ) throws -> Int64 {
    (self.upload, self.watch, self.sink) = (upload, watch, sink)
    var headers = curl_slist_append(nil, "Expect:")
    if let key = client.key { headers = curl_slist_append(headers, "Authorization: Bearer \(key)") }
    if let upload { headers = curl_slist_append(headers, "Content-Type: \(upload.type)") }
    defer { curl_slist_free_all(headers) }
    zveno_curl_set_string(curl, CURLOPT_URL, client.base + path)
    zveno_curl_set_string(curl, CURLOPT_PROTOCOLS_STR, "http,https")
    zveno_curl_set_long(curl, CURLOPT_NOSIGNAL, 1)
    zveno_curl_set_long(curl, CURLOPT_CONNECTTIMEOUT, Self.connectSeconds)
    zveno_curl_set_long(curl, CURLOPT_TCP_KEEPALIVE, 1)
    zveno_curl_set_list(curl, CURLOPT_HTTPHEADER, headers)
    send(method)
    receive()
    let code = curl_easy_perform(curl)
    if fileError != 0 {
      throw Refused("the file fails: \(String(cString: strerror(fileError)))", status: ExitStatus.found)
    }
    guard code == CURLE_OK else { throw client.unreachable(String(cString: curl_easy_strerror(code))) }
    if (300...399).contains(status) { throw client.redirected(status, to: nil) }
    guard status == 200 else { throw client.refused(status, try? JSONValue(parsing: refusal)) }
    return received
  }

  private func send(_ method: String) {
    if method == "POST" { zveno_curl_set_long(curl, CURLOPT_POST, 1) }
    guard let upload else {
      if method == "POST" { zveno_curl_set_string(curl, CURLOPT_COPYPOSTFIELDS, "") }
      return
    }
    if let bytes = upload.bytes { zveno_curl_set_offset(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes)) }
    zveno_curl_set_pointer(curl, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque())
    zveno_curl_set_bytes(curl, CURLOPT_READFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return Int(CURL_READFUNC_ABORT) }
      return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().give(buffer, size * count)
    }
  }

  private func receive() {
    zveno_curl_set_pointer(curl, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
    zveno_curl_set_bytes(curl, CURLOPT_WRITEFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      return transfer.take(UnsafeRawBufferPointer(start: buffer, count: size * count)) ? size * count : 0
    }
  }

  private func give(_ buffer: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
    guard let upload else { return 0 }
    var count = read(upload.file, buffer, room)
    while count < 0, errno == EINTR { count = read(upload.file, buffer, room) }
    guard count >= 0 else {
      fileError = errno
      return Int(CURL_READFUNC_ABORT)
    }
    sent += Int64(count)
    watch(sent, upload.bytes ?? -1)
    return count
  }

  private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard status == 200 else {
      if refusal.count < Self.refusalBytes { refusal += bytes }
      return true
    }
    if received == 0 {
      // From the first byte on it must keep coming; before, the server makes its answer.
      zveno_curl_set_long(curl, CURLOPT_LOW_SPEED_LIMIT, 1)
      zveno_curl_set_long(curl, CURLOPT_LOW_SPEED_TIME, Self.stallSeconds)
    }
    if let error = sink(bytes) {
      fileError = error
      return false
    }
    received += Int64(bytes.count)
    if upload == nil { watch(received, total) }
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
