public import HTTP

extension API {
  /// The answer to a request that no body could change: nothing is at its path, or he who calls may not do it. So that
  /// strangers cannot make the server take in bodies, and nobody sends one in vain. Nil: the body is waited for.
  ///
  /// Of who may call nothing is counted here, but when the whole request is there. Who has no call left is told now.
  @Sendable public func refusal(beforeBodyOf request: Request) -> Response? {
    let kept = KeptAnswer()
    switch router.match(method: request.method, path: request.path) {
    case .found(let route, _):
      var exchange = Exchange(request, started: nanoseconds()) { kept.keep($0) }
      guard !mayCall(route, exchange) else { return nil }
      exchange.route = route
      // Throws, unless he became one who may in the meantime.
      do { try admit(&exchange, to: route) } catch { fail(error, exchange) }
    case .unknown, .badIdentifier, .otherMethods:
      // Whatever it says, the body has no part in it.
      answer(request) { kept.keep($0) }
    }
    return kept.take()
  }

  private func mayCall(_ route: Route, _ exchange: Exchange) -> Bool {
    guard case .scopes(let scopes) = route.access else { return true }
    guard let key = keys.key(authorization: exchange.request.headers["Authorization"], now: now()) else { return false }
    return key.caller.may(scopes) && key.bucket?.isEmpty(at: exchange.started) != true
  }
}
