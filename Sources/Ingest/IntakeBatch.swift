import Domain

/// One call on its way to the log.
struct IntakeBatch: Sendable {
  let events: [IncomingEvent]
  /// Where in the call each of `events` stood; empty where none was refused.
  private let places: [Int]
  private let refused: [IntakeAnswer.Rejected]
  let bytes: Int
  /// Of the tombstones that its events have been compared with.
  let version: Int
  let keep: Intake.Keeping?
  let then: @Sendable (Result<IntakeAnswer, any Error>) -> Void

  init(
    _ items: [EventReader.Item], version: Int = 0, bytes: Int, keep: Intake.Keeping? = nil,
    then: @escaping @Sendable (Result<IntakeAnswer, any Error>) -> Void
  ) {
    var events: [IncomingEvent] = []
    var places: [Int] = []
    var refused: [IntakeAnswer.Rejected] = []
    events.reserveCapacity(items.count)
    for (index, item) in items.enumerated() {
      switch item {
      case .event(let event):
        events.append(event)
        places.append(index)
      case .refused(let issues): refused.append(IntakeAnswer.Rejected(index: index, issues: issues))
      }
    }
    (self.events, self.refused, self.bytes, self.then) = (events, refused, bytes, then)
    (self.version, self.keep) = (version, keep)
    self.places = refused.isEmpty ? [] : places
  }

  /// - Parameter outcomes: of `events`, in their order.
  func answer(_ outcomes: ArraySlice<EventLog.Outcome>) -> IntakeAnswer {
    var answer = IntakeAnswer()
    answer.rejected = refused
    for (index, outcome) in outcomes.enumerated() {
      switch outcome {
      case .stored: answer.accepted += 1
      case .duplicate: answer.duplicates += 1
      case .tooManyTypes: answer.rejected.append(rejected(index, IntakeBatch.tooManyTypes))
      case .erased: answer.rejected.append(rejected(index, .erased))
      }
    }
    answer.rejected.sort { $0.index < $1.index }
    return answer
  }

  private func rejected(_ index: Int, _ issue: Issue) -> IntakeAnswer.Rejected {
    IntakeAnswer.Rejected(index: places.isEmpty ? index : places[index], issues: [issue])
  }

  private static let tooManyTypes = Issue(
    pointer: "/type", code: .tooLarge, detail: "expected a known event type, got one more than the server takes",
    hint: "put what varies into `properties`, not into the type")
}
