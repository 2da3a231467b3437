import Domain

/// The request that hands a message over, before the message is known.
struct RequestTemplate: Sendable {
  enum Method: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  let method: Method
  let url: TextTemplate
  let headers: [(name: String, value: TextTemplate)]
  let body: BodyTemplate

  /// Set by libcurl, or a way to send one request inside another.
  static let reservedHeaders: Set<String> = [
    "connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade",
  ]

  var slots: [Placeholder] { url.slots + headers.flatMap(\.value.slots) + body.slots }

  func filled(of message: OutgoingMessage) throws(Unfillable) -> HTTPRequest {
    try requireContent(of: message)
    var lines: [String] = []
    for (name, value) in headers {
      guard let text = HeaderText(try value.filled(of: message)) else {
        throw Unfillable(reason: "expected a value without control characters in the header \(name)")
      }
      // libcurl's way to write a header without a value.
      lines.append(text.isEmpty ? "\(name);" : "\(name): \(text.text)")
    }
    if let type = body.contentType, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      lines.append("Content-Type: \(type)")
    }
    // No waiting for a 100 before long bodies.
    lines.append("Expect:")
    return HTTPRequest(
      method: method, url: try url.filled(of: message, escape: Escaping.url), headers: lines,
      body: try body.filled(of: message))
  }

  /// A request that is there to carry text is not sent without any.
  private func requireContent(of message: OutgoingMessage) throws(Unfillable) {
    let named = Set(slots.filter(\.isContent))
    let missing = [(Placeholder.text, message.text), (.html, message.html)].filter { named.contains($0.0) }
    guard named.isEmpty || missing.contains(where: { $0.1?.isEmpty == false }) else {
      let names = named.map { "{{\($0.name)}}" }.sorted().joined(separator: " and ")
      throw Unfillable(reason: "the request carries \(names), which this message does not have")
    }
  }
}

/// A request ready to be sent.
struct HTTPRequest: Sendable, Equatable {
  let method: RequestTemplate.Method
  let url: String
  /// As libcurl takes them.
  let headers: [String]
  let body: [UInt8]?
}
