import Domain
import Ingest
import SQL

/// Those who call the server, and what they hear.
extension World {
  /// A call of the world's own, now.
  func call(_ name: String, _ body: @escaping (Life, Connection, Int64) throws -> Void) {
    calls += 1
    submit(Call(number: 1_000_000_000 + calls, name: name, body: .write(body)))
  }

  func submit(_ call: Call) {
    shop.asked(call)
    // Nobody listens: the client tries again when the server is back.
    guard let life, life.isServing else { return }
    switch call.body {
    case .events(let events):
      if bug.answersEarly { shop.accepted(call) }
      erased.sent(events)
      let unwanted = events.indices.filter { erased.isErased(events[$0].keys) }
      life.intake.accept(bug.events(events)) { [unowned self] result in
        note(call, result.flatMap { refused($0, events, unwanted) }, life)
      }
    case .write:
      life.writer.submit { db, now in
        if case .write(let body) = call.body { try body(life, db, now) }
      } then: { [unowned self] result in
        note(call, result.map { [] }, life)
      }
    }
  }

  /// - Parameter unwanted: places of events about people who were erased before the call.
  /// - Returns: places of the events that were refused, for that reason.
  private func refused(
    _ answer: IntakeAnswer, _ events: [IncomingEvent], _ unwanted: [Int]
  ) -> Result<Set<Int>, any Error> {
    for rejected in answer.rejected {
      guard rejected.issues.allSatisfy({ $0.code == .erased }), events.indices.contains(rejected.index),
        erased.mayLack(events[rejected.index].keys)
      else { return .failure(Violation("good events are taken", "\(rejected.issues)")) }
    }
    let refused = Set(answer.rejected.map(\.index))
    if let taken = unwanted.first(where: { !refused.contains($0) && erased.isErased(events[$0].keys) }) {
      return .failure(Violation("nobody who was erased comes back by himself", "\(events[taken])"))
    }
    return .success(refused)
  }

  private func note(_ call: Call, _ result: Result<Set<Int>, any Error>, _ life: Life) {
    if !life.isDead, !disk.isDown { shop.answers.append((call, result)) }
  }

  /// Hears the answers of a round. Who was told to come again comes at once.
  func hear() throws -> Bool {
    let answers = shop.answers
    shop.answers = []
    for (call, result) in answers {
      shop.answered(call)
      switch result {
      case .success(let refused):
        shop.accepted(call, besides: refused)
        tell("done: \(call.name) (\(call.number))")
      case .failure(let error):
        if error is Violation { throw error }
        guard error is StoreUnavailable else { throw Violation("writes succeed", "\(call.name): \(error)") }
        if call.isPatient { submit(call) }
      }
    }
    return !shop.open.isEmpty && !answers.isEmpty
  }
}
