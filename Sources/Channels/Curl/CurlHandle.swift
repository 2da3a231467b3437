import CCurl

/// One libcurl easy handle. It keeps its connection between transfers, and belongs to one thread at a time.
///
/// Signals are off (timeouts without SIGALRM), proxies of the environment are not used, redirects are not followed,
/// TLS is 1.2 or newer and checks certificates unless told otherwise.
final class CurlHandle {
  private let raw: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>

  /// libcurl's own set-up, once a process; nil text when it worked.
  private static let globalFailure: String? = {
    let code = curl_global_init(Int(CURL_GLOBAL_ALL))
    return code == CURLE_OK ? nil : String(cString: curl_easy_strerror(code))
  }()

  /// `protocols`: the only ones a URL may name, such as `smtp,smtps`.
  init(protocols: String, timeoutMilliseconds: Int, certificates: String?) throws(CurlFailure) {
    if let failure = Self.globalFailure { throw CurlFailure(reason: "libcurl does not start: \(failure)") }
    guard let raw = curl_easy_init() else { throw CurlFailure(reason: "libcurl has no memory for a handle") }
    self.raw = raw
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    set(CURLOPT_ERRORBUFFER, pointer: errorText)
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_PROTOCOLS_STR, protocols)
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_PROXY, "")
    set(CURLOPT_NOPROXY, "*")
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(CURLOPT_MAXCONNECTS, 1)
    set(CURLOPT_TIMEOUT_MS, timeoutMilliseconds)
    set(CURLOPT_CONNECTTIMEOUT_MS, timeoutMilliseconds)
    // The total does not bound the wait for the answer to a goodbye; this does.
    set(CURLOPT_SERVER_RESPONSE_TIMEOUT, (timeoutMilliseconds + 999) / 1000)
    set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let certificates { set(CURLOPT_CAINFO, certificates) }
  }

  deinit {
    curl_easy_cleanup(raw)
    errorText.deallocate()
  }

  func set(_ option: CURLoption, _ value: Int) { check(zveno_curl_set_long(raw, option, value), option) }

  /// libcurl copies the text.
  func set(_ option: CURLoption, _ value: String) { check(zveno_curl_set_string(raw, option, value), option) }

  /// What is pointed to must outlive its use by libcurl.
  func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer) {
    check(zveno_curl_set_pointer(raw, option, pointer), option)
  }

  func set(_ option: CURLoption, _ function: @escaping zveno_curl_bytes) {
    check(zveno_curl_set_bytes(raw, option, function), option)
  }

  func setBeforeRequest(_ function: @escaping curl_prereq_callback, context: UnsafeMutableRawPointer) {
    check(zveno_curl_set_prereq(raw, function), CURLOPT_PREREQFUNCTION)
    set(CURLOPT_PREREQDATA, pointer: context)
  }

  /// `function` makes the socket to an address, or refuses it.
  func setOpenSocket(_ function: @escaping curl_opensocket_callback, context: UnsafeMutableRawPointer) {
    check(zveno_curl_set_opensocket(raw, function), CURLOPT_OPENSOCKETFUNCTION)
    set(CURLOPT_OPENSOCKETDATA, pointer: context)
  }

  /// The body of a POST, copied.
  func setBody(_ bytes: [UInt8]) {
    check(zveno_curl_set_offset(raw, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)), CURLOPT_POSTFIELDSIZE_LARGE)
    bytes.withUnsafeBytes { source in
      // An empty array may have no address; a nil pointer would make libcurl ask the read callback instead.
      var nothing: UInt8 = 0
      let code = source.baseAddress.map {
        zveno_curl_set_pointer(raw, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0))
      }
      check(code ?? zveno_curl_set_pointer(raw, CURLOPT_COPYPOSTFIELDS, &nothing), CURLOPT_COPYPOSTFIELDS)
    }
  }

  /// Runs a transfer with a list option (recipients, headers) set for its duration. Blocks until it is over.
  func perform(_ option: CURLoption, list: [String]) -> CURLcode {
    var head: UnsafeMutablePointer<curl_slist>?
    for text in list {
      guard let longer = curl_slist_append(head, text) else {
        curl_slist_free_all(head)
        return CURLE_OUT_OF_MEMORY
      }
      head = longer
    }
    check(zveno_curl_set_list(raw, option, head), option)
    errorText[0] = 0
    let code = curl_easy_perform(raw)
    check(zveno_curl_set_list(raw, option, nil), option)
    curl_slist_free_all(head)
    return code
  }

  /// Why the last transfer failed, in libcurl's words.
  func failureText(_ code: CURLcode) -> String {
    let text = String(cString: errorText)
    return text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
  }

  func number(_ info: CURLINFO) -> Int {
    var value = 0
    return zveno_curl_get_long(raw, info, &value) == CURLE_OK ? value : 0
  }

  func offset(_ info: CURLINFO) -> Int64 {
    var value: curl_off_t = 0
    return zveno_curl_get_offset(raw, info, &value) == CURLE_OK ? Int64(value) : 0
  }

  /// The socket of the connection kept for reuse, if one is.
  var keptSocket: Int32? {
    var socket: curl_socket_t = -1
    guard zveno_curl_get_socket(raw, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK, socket >= 0 else { return nil }
    return socket
  }

  /// An option that libcurl refuses means a library built without what we need: nothing to go on with.
  private func check(_ code: CURLcode, _ option: CURLoption) {
    precondition(
      code == CURLE_OK, "libcurl refuses option \(option.rawValue): \(String(cString: curl_easy_strerror(code)))")
  }
}

/// libcurl cannot start.
struct CurlFailure: Error {
  let reason: String
}
