/// A request line and its fields, understood.
package struct RequestHead {
  package let method: String
  package let target: RequestTarget
  package let headers: Headers
  let framing: Framing
  let isHTTP10: Bool

  /// Whether another request may follow on the connection (RFC 9112 §9.3).
  package var keepsAlive: Bool {
    framing.saysClose ? false : isHTTP10 ? framing.saysKeepAlive : true
  }
}
