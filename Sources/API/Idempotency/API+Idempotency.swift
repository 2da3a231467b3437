import HTTP
import SQL

/// Calls with an Idempotency-Key: carried out once, and answered the same for a day.
extension API {
  /// Looks first whether it was answered already. The key is held until the answer is on its way, so of two calls at once
  /// one is 409, and the next one sees what the first has committed.
  func runOnce(_ route: Route, _ call: Call, _ text: String, _ exchange: Exchange) throws {
    guard let secret = Keys.bearer(call.request.headers["Authorization"]) else { throw Problem.unauthorized }
    let key = IdempotencyKey(text, of: call.request, secret: secret, nonce: random(IdempotencyKey.nonceBytes))
    let running = try running.begin(key, bytes: call.request.body.count)
    var (exchange, call) = (exchange, call)
    exchange.reply = { [reply = exchange.reply] response in
      running.end()
      reply(response)
    }
    call.idempotencyKey = key
    readers.submit { [self, exchange, call] db in
      do {
        if let answer = try IdempotentAnswers().replay(key, now: now(), db) { return finish(answer, exchange) }
        try run(route, call, exchange)
      } catch {
        fail(error, exchange)
      }
    } rejected: {
      finish(Problem.overloaded(retryAfterSeconds: 1).response, exchange)
    }
  }

  /// With its answer kept, where the call has an Idempotency-Key.
  func kept(_ answer: @escaping Route.Writing, _ call: Call, _ route: Route) -> Route.Writing {
    guard let key = call.idempotencyKey else { return answer }
    return { [trail] db, now in
      let response = try answer(db, now)
      if response.status < 400 {
        let contact = try route.erases ? nil : route.answersOfAnybody ? 0 : trail.contact(of: call, route, db)
        try IdempotentAnswers().keep(response, of: key, contact: contact, now: now, db)
      }
      return response
    }
  }
}

extension Route {
  /// It tells of a person whom the path does not name, or of two.
  fileprivate var answersOfAnybody: Bool {
    ["/v1/tasks/", "/v1/messages/", "/v1/suppressions"].contains(where: pattern.text.hasPrefix)
      || pattern.text.hasSuffix("/enroll") || pattern.placeNames.contains("other")
  }

  /// The act of an erasure tells of nobody but whom the call names; it must outlive what it does.
  fileprivate var erases: Bool { method == "DELETE" && pattern.text == "/v1/contacts/{id}" }
}
