public import Domain
public import JSON

/// A message whose intent to leave is on disk: everything a connection needs to render it and hand it over.
public struct Claim: Sendable {
  public let message: Int64
  /// Counted when claimed, so that a message that kills the process is not tried for ever; also the claim's token.
  public let attempt: Int
  public let run: Int64
  /// When it was to leave, as planned or put off last.
  public let dueAt: Timestamp
  public let contact: Int64
  public let contactID: String
  public let chain: String
  public let chainNumber: Int64
  /// Of the chain, where the message is counted.
  public let version: Int64
  public let step: String
  public let channel: String
  public let purpose: Purpose
  public let address: String
  public let name: String?
  public let locale: String?
  public let zone: Zone
  public let template: String
  public let templateVersion: Int64
  /// What the template sees.
  public let values: JSONValue
  /// A call's: which operators, and until when.
  public let queue: String?
  public let deadline: Timestamp?
}

/// How a claim ended.
public struct Outcome: Sendable {
  public enum Result: Sendable, Equatable {
    case handed(HandOver)
    /// No connection took it: the line was closed, the provider asked for patience, or stalled for too long.
    case untouched
    /// It cannot be made now: no adapter has seen it.
    case unready(detail: String)
    /// The message cannot be made: no adapter has seen it.
    case unrenderable(code: String, detail: String)
  }

  public let claim: Claim
  public let result: Result
  /// What the operator reads, where the channel opens a task.
  public let task: TaskText?

  public init(claim: Claim, result: Result, task: TaskText? = nil) {
    (self.claim, self.result, self.task) = (claim, result, task)
  }
}

public struct TaskText: Sendable, Equatable {
  public let subject: String?
  public let text: String

  public init(subject: String?, text: String) { (self.subject, self.text) = (subject, text) }
}
