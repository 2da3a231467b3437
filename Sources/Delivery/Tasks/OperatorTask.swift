public import Domain
public import JSON

/// A call for an operator to make.
public struct OperatorTask: Sendable {
  public enum Status: String, Sendable, CaseIterable {
    case open, claimed, done, expired
  }

  public enum Result: String, Sendable, CaseIterable {
    case answered
    case noAnswer = "no_answer"
    case refused
    case callback
  }

  public let id: Int64
  public let message: Int64
  /// The contact's public id.
  public let contact: String
  public let channel: String
  public let queue: String
  public let address: String
  public let subject: String?
  public let text: String
  public let status: Status
  public let operatorName: String?
  public let claimedUntil: Timestamp?
  public let deadline: Timestamp?
  public let outcome: String?
  public let note: String?
  public let createdAt: Timestamp
  public let completedAt: Timestamp?

  public var json: JSONValue {
    .object([
      "id": .string(String(id)), "message": .string(String(message)), "contact": .string(contact),
      "channel": .string(channel), "queue": .string(queue), "to": .string(address),
      "subject": subject.map { .string($0) } ?? .null, "text": .string(text), "status": .string(status.rawValue),
      "operator": operatorName.map { .string($0) } ?? .null, "claimed_until": Self.time(claimedUntil),
      "deadline": Self.time(deadline), "outcome": outcome.map { .string($0) } ?? .null,
      "note": note.map { .string($0) } ?? .null, "created_at": .string(createdAt.rfc3339),
      "completed_at": Self.time(completedAt),
    ])
  }

  private static func time(_ moment: Timestamp?) -> JSONValue { moment.map { .string($0.rfc3339) } ?? .null }
}
