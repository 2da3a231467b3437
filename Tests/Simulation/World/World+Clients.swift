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
    guard let life else { return }
    switch call.body {
    case .events(let events):
      if bug.answersEarly { shop.accepted(call) }
      life.intake.accept(bug.events(events)) { [unowned self] result in
        note(call, result.flatMap(Self.refusal), life)
      }
    case .write:
      life.writer.submit { db, now in
        if case .write(let body) = call.body { try body(life, db, now) }
      } then: { [unowned self] result in
        note(call, result, life)
      }
    }
  }

  private static func refusal(_ answer: IntakeAnswer) -> Result<Void, any Error> {
    guard let rejected = answer.rejected.first else { return .success(()) }
    return .failure(Violation("good events are taken", "\(rejected.issues)"))
  }

  private func note(_ call: Call, _ result: Result<Void, any Error>, _ life: Life) {
    if !life.isDead, !disk.isDown { shop.answers.append((call, result)) }
  }

  /// Hears the answers of a round. Who was told to come again comes at once.
  func hear() throws -> Bool {
    let answers = shop.answers
    shop.answers = []
    for (call, result) in answers {
      shop.answered(call)
      switch result {
      case .success:
        shop.accepted(call)
        tell("done: \(call.name) (\(call.number))")
      case .failure(let error):
        guard error is StoreUnavailable else { throw Violation("writes succeed", "\(call.name): \(error)") }
        if call.isPatient { submit(call) }
      }
    }
    return !shop.open.isEmpty && !answers.isEmpty
  }
}
