/// What a client may ask of the server. Each limit has its own answer.
public struct HTTPLimits: Sendable {
  /// Request line and fields together, trailers too; more is 431.
  public var headBytes = 16 * 1024
  /// One line of the head: a longer request line is 414, a longer field 431.
  public var lineBytes = 8 * 1024
  /// Fields in a head; more is 431.
  public var fields = 100
  /// The body, after inflating as well; more is 413.
  public var bodyBytes = 8 * 1024 * 1024
  /// How many times its size a gzip body may grow (above 64 KiB); more is 413.
  public var inflateRatio = 100
  /// Open connections; one more is answered 503 and closed.
  public var connections = 10_000
  /// Requests of one connection that wait for an answer; no more are read until some are answered.
  public var pipelined = 64
  /// Answers of one connection that the client has not read yet; no more requests are read until it reads.
  public var unsentBytes = 256 * 1024
  /// Bodies that are not whole or not answered yet, for all connections of a thread; one that would need more is 503. As
  /// much again of answers that are not read: beyond, whoever has longest taken nothing of his is cut.
  public var heldBytes = 256 * 1024 * 1024
  /// From the first byte of a request to the end of its head; longer is 408.
  public var headSeconds = 10.0
  /// From the end of the head to the end of the body; longer is 408.
  public var bodySeconds = 30.0
  /// Without a request; then the connection is closed silently.
  public var idleSeconds = 60.0
  /// Without the client taking a byte of its answer; then the connection is cut.
  public var writeSeconds = 30.0
  /// Bytes a second that a client takes of its answers, over `writeSeconds` and longer; a slower one is cut.
  public var slowestReading = 500.0
  /// After the last answer the connection is read on, and nothing of it kept, until so long no byte came, or so many have
  /// come, or `bodySeconds` are over; a reset could destroy the answer before the client reads it (RFC 9112 §9.6), and
  /// many read only when their whole body is sent.
  public var lingerSeconds = 2.0
  public var lingerBytes = 16 * 1024 * 1024
  /// Which bodies may be larger, in a file; nil: none.
  public var spooling: Spooling?
  /// What `Retry-After` says in a 503.
  public var retryAfterSeconds = 1

  public init() {}

  /// Chunk extensions are read over: of one chunk, and of one message.
  static let extensionBytes = 256
  static let extensionBytesOfMessage = 8 * 1024

  /// How often deadlines are looked at, in milliseconds: often enough for the shortest of them.
  var sweepMilliseconds: Int64 {
    let shortest = min(headSeconds, bodySeconds, idleSeconds, writeSeconds, lingerSeconds)
    return Int64(max(5, min(1_000, shortest * 250)))
  }
}
