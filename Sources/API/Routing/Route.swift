public import HTTP
public import SQL

/// One line of the HTTP contract as data: what is asked for, who may, and what answers.
public struct Route: Sendable {
  public enum Access: Sendable {
    /// Public links and health: no key.
    case open
    /// A key with one of these scopes, or `admin`.
    case scopes([Scope])
  }

  /// Reads inside one view of the file, on a reader's thread.
  public typealias Reading = @Sendable (Connection) throws -> Response
  /// Writes in a savepoint of a writer's round, at `now` in ms; may run twice, the answer leaves after the commit.
  public typealias Writing = @Sendable (Connection, Int64) throws -> Response

  /// Reads first, on a reader's thread, and then answers or goes on to write: for what is too long for a writer's round.
  /// Between the two the file may have changed: what must still hold is looked at again.
  public typealias Deciding = @Sendable (Connection) throws -> Decision

  public enum Decision: Sendable {
    case answer(Response)
    case write(Writing)
  }

  public enum Work: Sendable {
    /// Answered where it stands, on an HTTP thread: must not block.
    case immediate(@Sendable (Call) throws -> Response)
    /// The outer closure reads the request, on an HTTP thread.
    case read(@Sendable (Call) throws -> Reading)
    /// The outer closure reads the request, on an HTTP thread.
    case write(@Sendable (Call) throws -> Writing)
    /// The outer closure reads the request, on an HTTP thread.
    case readThenWrite(@Sendable (Call) throws -> Deciding)
    /// Answers by itself, once, from any thread. Called on an HTTP thread: must not block.
    case custom(@Sendable (Call, @escaping Reply) throws -> Void)
  }

  public let method: String
  public let pattern: RoutePattern
  public let access: Access
  public let work: Work
  /// Pages of other origins may call it from browsers, where the configuration lets them.
  public var isForSites = false
  /// A `custom` route that keeps its answers to calls with an Idempotency-Key itself, in the transaction of what they
  /// change. `write` and `readThenWrite` need not say anything.
  public var keepsAnswers = false
  /// A body of any size is taken, in a file.
  public var takesFiles = false

  /// - Parameter pattern: `/v1/contacts/{id}`; see `RoutePattern`.
  public init(_ method: String, _ pattern: RoutePattern, _ access: Access, _ work: Work) {
    (self.method, self.pattern, self.access, self.work) = (method, pattern, access, work)
  }

  /// Its calls may come again with the same Idempotency-Key and are carried out once. Elsewhere the header means nothing:
  /// nothing is changed, or it is no harm to do it twice.
  var takesIdempotencyKey: Bool {
    guard case .scopes = access else { return false }
    switch work {
    case .write, .readThenWrite: return true
    case .custom: return keepsAnswers
    case .immediate, .read: return false
    }
  }
}
