/// A request line and its fields, understood.
struct RequestHead {
  let method: String
  let target: RequestTarget
  let headers: Headers
  let framing: Framing
  let isHTTP10: Bool

  /// Whether another request may follow on the connection (RFC 9112 §9.3).
  var keepsAlive: Bool {
    framing.saysClose ? false : isHTTP10 ? framing.saysKeepAlive : true
  }
}
