/// One socket's state: what was read, what waits for an answer, what waits to be sent. Belongs to one loop's thread.
final class Connection {
  enum Stage {
    case open
    /// The last answer has been written; once it is sent, our direction is closed.
    case closing
    /// Our direction is closed; reading on until the client has closed its own, or for a while.
    case lingering
    case closed
  }

  /// A request that was handed out, in its place in the order.
  struct Waiting {
    var manner: ResponseWriter.Manner
    var response: Response?
    /// Of the request's body, then of its answer's.
    var bytes = 0
  }

  let id: ConnectionID
  let descriptor: Int32
  let remoteAddress: String
  var parser: RequestParser
  var stage: Stage = .open
  private(set) var outbox = Outbox()
  private var waiting: [Waiting] = []
  private var firstWaiting = 0
  /// Sequence of the first request that is not answered yet.
  private var answered = 0
  /// Of all bodies of requests, and of answers behind one that is still to come.
  private var waitingBytes = 0

  /// The client has closed its direction.
  var inputEnded = false
  /// The last answer has its place in the order; no further request is taken.
  var isEnding = false
  /// Came when there were too many, and is only told so.
  var isRefused = false
  var lingeredBytes = 0
  private var owesContinue = false

  /// What the poller was last told.
  private(set) var reads = true
  private var writes = false
  /// In the loop's list of connections to look after.
  var isTouched = false
  /// What the loop has counted as held for this connection.
  var countedBytes = 0

  /// What the loop has counted as not read.
  var countedUnsent = 0

  // Milliseconds of the monotonic clock.
  var phase: RequestParser.Phase = .idle
  var phaseSince: Int64
  var lingersSince: Int64
  private(set) var sentAt: Int64
  /// Since when there was always something to send, and how much of it was taken.
  private var sendingSince: Int64
  private var taken = 0

  init(id: ConnectionID, descriptor: Int32, remoteAddress: String, limits: HTTPLimits, now: Int64) {
    self.id = id
    self.descriptor = descriptor
    self.remoteAddress = remoteAddress
    parser = RequestParser(limits: limits)
    phaseSince = now
    lingersSince = now
    sentAt = now
    sendingSince = now
  }

  /// Gives back what a refused request has brought so far.
  func forgetInput(_ limits: HTTPLimits) { parser = RequestParser(limits: limits) }

  /// Requests handed out and not yet answered.
  var inFlight: Int { waiting.count - firstWaiting }

  var heldBytes: Int { parser.heldBytes + waitingBytes }

  func takesRequests(_ limits: HTTPLimits) -> Bool {
    stage == .open && !isEnding && inFlight < limits.pipelined && outbox.count < limits.unsentBytes
      && waitingBytes < max(limits.bodyBytes, limits.unsentBytes)
  }

  // MARK: Answers, in order

  /// Takes a place in the order. Returns the sequence its answer will have to name.
  func expectAnswer(_ manner: ResponseWriter.Manner) -> Int {
    waiting.append(Waiting(manner: manner))
    return answered + inFlight - 1
  }

  /// The body of the request that took its place last is somebody's until it is answered.
  func lend(_ bytes: Int) {
    guard inFlight > 0 else { return }
    waiting[waiting.count - 1].bytes = bytes
    waitingBytes += bytes
  }

  /// Nothing is answered behind this one.
  func markLast() {
    if inFlight > 0 { waiting[waiting.count - 1].manner.closes = true }
  }

  func settle(_ sequence: Int, _ response: Response, date: [UInt8]) {
    let index = sequence - answered + firstWaiting
    guard stage == .open, index >= firstWaiting, index < waiting.count, waiting[index].response == nil else { return }
    waiting[index].response = response
    waitingBytes += response.body.count - waiting[index].bytes
    waiting[index].bytes = response.body.count
    while stage == .open, firstWaiting < waiting.count, let response = waiting[firstWaiting].response {
      write(response, waiting[firstWaiting].manner, date: date)
      waitingBytes -= waiting[firstWaiting].bytes
      waiting[firstWaiting].response = nil
      firstWaiting += 1
      answered += 1
    }
    if firstWaiting == waiting.count {
      waiting.removeAll(keepingCapacity: true)
      firstWaiting = 0
    } else if firstWaiting > 256 {
      waiting.removeSubrange(..<firstWaiting)
      firstWaiting = 0
    }
    writeContinueIfOwed()
  }

  private func write(_ response: Response, _ manner: ResponseWriter.Manner, date: [UInt8]) {
    var manner = manner
    if response.header("Connection").map({ Response.isSame($0, "close") }) == true { manner.closes = true }
    let file = ResponseWriter.file(of: response, manner)
    // Nothing can stand behind a file in the outbox.
    if file != nil { manner.closes = true }
    outbox.append(
      head: { ResponseWriter.head(of: response, manner, date: date, to: &$0) },
      body: ResponseWriter.body(of: response, manner))
    if let file { outbox.append(file) }
    if manner.closes { stage = .closing }
  }

  // MARK: Expect: 100-continue

  /// The body of the next request is waited for; the word for it goes out behind the answers before it.
  func askForBody() {
    owesContinue = true
    writeContinueIfOwed()
  }

  private func writeContinueIfOwed() {
    guard owesContinue, inFlight == 0, stage == .open else { return }
    owesContinue = false
    guard parser.phase == .body else { return }
    outbox.append(head: { $0.append(contentsOf: ResponseWriter.continueLine) }, body: [])
  }

  // MARK: Sending

  /// Returns the bytes sent, nil when the connection is broken.
  func flush() -> Int? { outbox.flush(descriptor) }

  /// The client has taken some of its answers.
  func noteSent(_ bytes: Int, _ now: Int64) {
    sentAt = now
    taken += bytes
    if phase == .idle { phaseSince = now }
  }

  /// Whether the client takes its answers, at a pace that is worth the place it holds.
  func takesTooLittle(_ limits: HTTPLimits, now: Int64) -> Bool {
    let allowed = limits.writeSeconds * 1_000
    let sending = Double(now - sendingSince)
    return Double(now - sentAt) >= allowed
      || sending >= allowed && Double(taken) * 1_000 < sending * limits.slowestReading
  }

  // MARK: Reading

  /// Remembers when a part of a request began. While the client is not read, its time does not run.
  func notePhase(_ now: Int64) {
    guard stage == .open, parser.phase != phase || !reads else { return }
    phase = parser.phase
    phaseSince = now
  }

  /// What to tell the poller, if it is not what it was told last.
  func interest(_ limits: HTTPLimits, now: Int64) -> (reads: Bool, writes: Bool)? {
    let writes = !outbox.isEmpty
    let reads =
      switch stage {
      case .open: !inputEnded && takesRequests(limits)
      case .lingering: lingeredBytes < limits.lingerBytes
      case .closing, .closed: false
      }
    guard reads != self.reads || writes != self.writes else { return nil }
    if writes && !self.writes {
      (sentAt, sendingSince, taken) = (now, now, 0)
    }
    self.reads = reads
    self.writes = writes
    return (reads, writes)
  }
}
