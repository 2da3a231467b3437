import HTTP
import SQL

/// From a route to its stage and back.
extension API {
  func run(_ route: Route, _ call: Call, _ exchange: Exchange) throws {
    switch route.work {
    case .immediate(let answer):
      finish(try answer(call), exchange)
    case .custom(let answer):
      try answer(call) { [self] in finish($0, exchange) }
    case .read(let prepare):
      let answer = try prepare(call)
      read({ .answer(try answer($0)) }, exchange)
    case .write(let prepare):
      let answer = try prepare(call)
      write(noted(answer, call, route), exchange)
    case .readThenWrite(let prepare):
      let decide = try prepare(call)
      read(
        { [self] db in
          switch try decide(db) {
          case .answer(let response): .answer(response)
          case .write(let writing): .write(noted(writing, call, route))
          }
        }, exchange)
    }
  }

  /// With what is written besides.
  private func noted(_ answer: @escaping Route.Writing, _ call: Call, _ route: Route) -> Route.Writing {
    kept(audited(answer, call, route), call, route)
  }

  /// With a row in the audit trail, where the route's changes are worth one.
  private func audited(_ answer: @escaping Route.Writing, _ call: Call, _ route: Route) -> Route.Writing {
    guard route.isAudited else { return answer }
    return { [trail] db, now in
      let contact = try trail.contact(of: call, route, db)
      let response = try answer(db, now)
      if response.status < 400 { try trail.note(call, route, response, contact: contact, now: now, db) }
      return response
    }
  }

  private func read(_ decide: @escaping Route.Deciding, _ exchange: Exchange) {
    readers.submit { [self] db in
      do {
        switch try db.savepoint({ try decide(db) }) {
        case .answer(let response): finish(response, exchange)
        case .write(let writing): write(writing, exchange)
        }
      } catch {
        fail(error, exchange)
      }
    } rejected: {
      finish(Problem.overloaded(retryAfterSeconds: 1).response, exchange)
    }
  }

  private func write(_ answer: @escaping Route.Writing, _ exchange: Exchange) {
    let kept = KeptAnswer()
    writer.submit { db, now in
      kept.keep(try answer(db, now))
    } then: { [self] outcome in
      switch outcome {
      case .success:
        guard let response = kept.take() else { return fail(LostAnswer(), exchange) }
        finish(response, exchange)
      case .failure(let error): fail(error, exchange)
      }
    }
  }
}

/// A write was committed and left nothing to answer with.
struct LostAnswer: Error {}
