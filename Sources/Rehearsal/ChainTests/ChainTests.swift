public import Domain
import Engine
import Ingest
import JSON

/// A chain's own tests as their document says: contacts, what happens to them, and which messages must come of it.
public struct ChainTests: Sendable {
  /// The chain's id.
  public let chain: String
  let chainPlace: DocumentPlace
  /// Ids of other chains that are live beside it.
  public let others: [String]
  /// What the clock shows when the chain goes live.
  public let starts: Timestamp
  public let tests: [ChainTest]

  static let known = ["chain", "with", "starts", "note", "tests", "$schema"]
}

/// One test. Times of the same document count from the same start.
public struct ChainTest: Sendable {
  public let name: String
  let contacts: [TestContact]
  /// What was there before the chain went live, the oldest first.
  let past: [Happening]
  /// In the order of their moments; at one moment, of the document.
  let timeline: [Happening]
  /// Messages after it are not looked at.
  let until: Timestamp
  let expected: [Expected]

  struct TestContact: Sendable {
    let id: String
    let patch: ContactPatch
    /// Static lists that he is on.
    let lists: [String]
    /// Others of the test, by kind.
    let relations: [Relation]
  }

  struct Relation: Sendable {
    let kind: String
    let other: String
    let place: DocumentPlace
  }

  /// Something that happens to a contact.
  struct Happening: Sendable {
    let at: Timestamp
    let contact: String
    let deed: Deed
  }

  enum Deed: Sendable {
    case event(IncomingEvent)
    /// The server's own, of the past: a letter that was opened then.
    case ownEvent(IncomingEvent)
    /// As `POST /v1/chains/{id}/enroll` asks for it.
    case enroll(chain: String, JSONObject, place: DocumentPlace)
    case fact(Reaction, step: String, isMachine: Bool, place: DocumentPlace)
  }

  /// A message that must come, handed over at that very moment.
  struct Expected: Sendable {
    let message: TestMessage
    let templatePlace: DocumentPlace
  }
}

/// A message of a test, as it is compared.
public struct TestMessage: Sendable, Hashable, Comparable {
  public let at: Timestamp
  public let channel: String
  public let template: String
  /// Public id.
  public let contact: String

  public static func < (a: TestMessage, b: TestMessage) -> Bool {
    (a.at, a.contact, a.channel, a.template) < (b.at, b.contact, b.channel, b.template)
  }
}

/// Where something stands in a document, for errors that only show with the chain at hand.
struct DocumentPlace: Sendable {
  let pointer: String
  let location: JSONLocation

  func issue(_ code: Issue.Code, _ detail: String, hint: String? = nil) -> Issue {
    Issue(pointer: pointer, at: location, code: code, detail: detail, hint: hint)
  }
}
