/// Answers to bytes (RFC 9112 §4).
enum ResponseWriter {
  /// What the request and the connection say about how an answer is written.
  struct Manner {
    var isHead = false
    var closes = false
    /// An HTTP/1.0 client that asked for it is told that the connection stays.
    var isHTTP10 = false
  }

  static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  /// Status line and fields. The body follows as `body(of:)`.
  static func head(of response: Response, _ manner: Manner, date: [UInt8], to output: inout [UInt8]) {
    output.append(contentsOf: "HTTP/1.1 ".utf8)
    append(clamped(response.status), to: &output)
    output.append(FieldText.space)
    output.append(contentsOf: StatusReason.of(response.status).utf8)
    output.append(contentsOf: "\r\nDate: ".utf8)
    output.append(contentsOf: date)
    for (name, value) in response.headers where isTheirs(name) { field(name, value, to: &output) }
    if response.mayHaveBody {
      output.append(contentsOf: "\r\nContent-Length: ".utf8)
      append(response.length, to: &output)
    }
    if manner.closes {
      output.append(contentsOf: "\r\nConnection: close".utf8)
    } else if manner.isHTTP10 {
      output.append(contentsOf: "\r\nConnection: keep-alive".utf8)
    }
    output.append(contentsOf: "\r\n\r\n".utf8)
  }

  /// The same, of an answer whose body is a file.
  static func file(of response: Response, _ manner: Manner) -> FileBody? {
    manner.isHead || !response.mayHaveBody ? nil : response.file
  }

  /// What is sent behind the head: nothing to a HEAD, nothing where the status forbids it.
  static func body(of response: Response, _ manner: Manner) -> [UInt8] {
    manner.isHead || !response.mayHaveBody ? [] : response.body
  }

  /// Three digits, whatever the handler said.
  private static func clamped(_ status: Int) -> Int {
    status >= 200 && status <= 599 ? status : 500
  }

  /// Fields that frame the message are ours alone.
  private static func isTheirs(_ name: String) -> Bool {
    switch name.utf8.count {
    case 4: !Response.isSame(name, "date")
    case 10: !Response.isSame(name, "connection")
    case 14: !Response.isSame(name, "content-length")
    case 17: !Response.isSame(name, "transfer-encoding")
    default: true
    }
  }

  /// A value cannot start a line of its own: no response splitting.
  private static func field(_ name: String, _ value: String, to output: inout [UInt8]) {
    guard FieldText.isToken(name.utf8) else { return }
    output.append(contentsOf: "\r\n".utf8)
    output.append(contentsOf: name.utf8)
    output.append(contentsOf: ": ".utf8)
    let start = output.count
    output.append(contentsOf: value.utf8)
    for at in start..<output.count where (output[at] < 0x20 && output[at] != FieldText.tab) || output[at] == 0x7F {
      output[at] = FieldText.space
    }
  }

  private static func append(_ number: Int, to output: inout [UInt8]) {
    if number >= 10 { append(number / 10, to: &output) }
    output.append(UInt8(ascii: "0") + UInt8(number % 10))
  }
}
