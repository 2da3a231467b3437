import CCurl

/// The parts of a URL as libcurl reads them, so that what is checked is what is connected to.
struct CurlURL {
  let scheme: String
  let host: String?
  let port: String?
  /// Percent-decoded.
  let user: String?
  let password: String?
  /// As written, `/` when empty.
  let path: String
  let query: String?

  /// Nil for what libcurl cannot read, a scheme it was not built with, or no scheme.
  init?(_ text: String) {
    guard !text.utf8.contains(where: { $0 <= 32 || $0 == 127 }), let handle = curl_url() else { return nil }
    defer { curl_url_cleanup(handle) }
    guard curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK else { return nil }
    func part(_ part: CURLUPart, decoded: Bool = false) -> String? {
      var value: UnsafeMutablePointer<CChar>?
      let code = curl_url_get(handle, part, &value, decoded ? UInt32(CURLU_URLDECODE) : 0)
      guard code == CURLUE_OK, let value else { return nil }
      defer { curl_free(value) }
      return String(cString: value)
    }
    guard let scheme = part(CURLUPART_SCHEME) else { return nil }
    self.scheme = scheme
    (host, port) = (part(CURLUPART_HOST), part(CURLUPART_PORT))
    (user, password) = (part(CURLUPART_USER, decoded: true), part(CURLUPART_PASSWORD, decoded: true))
    (path, query) = (part(CURLUPART_PATH) ?? "/", part(CURLUPART_QUERY))
  }
}
