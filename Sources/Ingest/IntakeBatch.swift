import Domain

/// One call on its way to the log.
struct IntakeBatch: Sendable {
  let events: [IncomingEvent]
  /// Where in the call each of `events` stood; empty where none was refused.
  private let places: [Int]
  private let refused: [IntakeAnswer.Rejected]
  let bytes: Int
  let then: @Sendable (Result<IntakeAnswer, any Error>) -> Void

  init(
    _ items: [EventReader.Item], bytes: Int, then: @escaping @Sendable (Result<IntakeAnswer, any Error>) -> Void
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
      case .tooManyTypes:
        let place = places.isEmpty ? index : places[index]
        answer.rejected.append(IntakeAnswer.Rejected(index: place, issues: [IntakeBatch.tooManyTypes]))
      }
    }
    answer.rejected.sort { $0.index < $1.index }
    return answer
  }

  private static let tooManyTypes = Issue(
    pointer: "/type", code: .tooLarge, detail: "expected a known event type, got one more than the server takes",
    hint: "put what varies into `properties`, not into the type")
}
