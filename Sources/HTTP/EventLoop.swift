import CEpoll
import Glibc
import Synchronization

/// One thread over many connections: waits for sockets and answers, lets each connection go on, sends what is ready.
///
/// A turn: what epoll reports is read; answers of other threads are put in their places; every connection that was touched
/// takes the requests that are complete, then sends all its ready answers at once.
///
/// `@unchecked Sendable`: other threads only use the mailbox, `problem` and the thread's identifier; everything else
/// belongs to the thread that runs `run`.
final class EventLoop: @unchecked Sendable {
  private static let readBytes = 64 * 1024
  /// Connections beyond the limit that are told so; still more are just cut. Each takes a descriptor for a while.
  private var refusalsAtOnce: Int { min(256, max(1, limits.connections / 8)) }

  let problem: HTTPServer.Problem
  let limits: HTTPLimits
  let counters: HTTPCounters
  let handler: HTTPServer.Handler
  let doorman: HTTPServer.Doorman
  private let clock: HTTPClock
  private let poller: Poller
  private let mailbox: Mailbox
  private let thread = Atomic<UInt>(0)

  private var entrance: Entrance
  private var connections = ConnectionTable()
  private var refused = 0
  private var touched: [Connection] = []
  private var localAnswers: [Answer] = []
  private var buffer = [UInt8](repeating: 0, count: readBytes)
  private var date = HTTPDate()
  private var wallNow: Int64
  private var held = HeldBytes()
  private var nextSweep: Int64 = 0
  /// Milliseconds of the monotonic clock, read once a turn.
  private(set) var now: Int64
  /// When what is still open will be cut.
  private(set) var stopAt: Int64?

  init(
    listener: Listener, limits: HTTPLimits, clock: HTTPClock, counters: HTTPCounters,
    handler: @escaping HTTPServer.Handler, doorman: @escaping HTTPServer.Doorman,
    problem: @escaping HTTPServer.Problem
  ) throws {
    self.limits = limits
    self.clock = clock
    self.counters = counters
    self.handler = handler
    self.doorman = doorman
    self.problem = problem
    poller = try Poller()
    mailbox = Mailbox(poller: poller)
    entrance = Entrance(listener, poller)
    now = clock.monotonic()
    wallNow = clock.wall()
  }

  // MARK: From any thread

  /// On this loop's own thread answers go straight to their connections, in this turn.
  func deliver(_ answer: Answer) {
    if thread.load(ordering: .relaxed) == UInt(pthread_self()) {
      localAnswers.append(answer)
    } else {
      mailbox.post(answer)
    }
  }

  func requestStop(within seconds: Double) {
    mailbox.postStop(within: seconds)
  }

  // MARK: The thread

  func run() {
    thread.store(UInt(pthread_self()), ordering: .relaxed)
    var events: [epoll_event] = []
    while !isDone {
      poller.wait(milliseconds: patience, into: &events) { handle($0) }
      tick()
      let letters = mailbox.take()
      for answer in letters.answers { settle(answer) }
      if let seconds = letters.stopWithin { beginStop(within: seconds) }
      lookAfterTouched()
      if now >= nextSweep { sweep() }
    }
    finish()
  }

  private func tick() {
    now = clock.monotonic()
    wallNow = clock.wall()
  }

  private var isDone: Bool {
    guard let stopAt else { return false }
    return connections.count == 0 || now >= stopAt
  }

  /// Milliseconds until the next look at the deadlines; without connections there are none.
  private var patience: Int32 {
    if connections.count == 0 && entrance.isOpen { return -1 }
    return Int32(clamping: max(0, min(nextSweep, stopAt ?? .max) - clock.monotonic()))
  }

  private func handle(_ event: Poller.Event) {
    if event.data == Entrance.data { return welcome() }
    guard let connection = connections[ConnectionID(bits: event.data)] else { return }
    if event.canRead { read(connection) }
    if event.isBroken && !event.canRead { return close(connection) }
    touch(connection)
  }

  private func sweep() {
    nextSweep = now + limits.sweepMilliseconds
    entrance.open()
    for connection in connections.all { enforceDeadline(connection) }
    lookAfterTouched()
  }

  private func beginStop(within seconds: Double) {
    stopAt = now + Int64(max(0, min(seconds, 86_400)) * 1_000)
    entrance.close()
    for connection in connections.all {
      // What the client has already sent is read and answered: it could not know.
      if connection.stage == .open, connection.inFlight == 0 { read(connection) }
      connection.markLast()
      touch(connection)
    }
  }

  private func finish() {
    for connection in connections.all { close(connection) }
    mailbox.close()
    // The identifier may soon be another thread's.
    thread.store(0, ordering: .relaxed)
  }

  // MARK: Coming and going

  private func welcome() {
    tick()
    let arrivals = entrance.accept()
    for (descriptor, remoteAddress) in arrivals.connections { admit(descriptor, remoteAddress) }
    counters.refused.add(arrivals.cut, ordering: .relaxed)
  }

  private func admit(_ descriptor: Int32, _ remoteAddress: String) {
    let isWelcome = counters.connections.load(ordering: .relaxed) < limits.connections
    if !isWelcome { counters.refused.add(1, ordering: .relaxed) }
    guard isWelcome || refused < refusalsAtOnce else { return Sockets.close(descriptor) }
    let connection = connections.add { id in
      Connection(id: id, descriptor: descriptor, remoteAddress: remoteAddress, limits: limits, now: now)
    }
    poller.add(descriptor, data: connection.id.bits, reads: true, writes: false)
    guard isWelcome else {
      refused += 1
      connection.isRefused = true
      return refuse(connection, overload("the server has as many connections as it takes"))
    }
    counters.connections.add(1, ordering: .relaxed)
    counters.accepted.add(1, ordering: .relaxed)
  }

  func close(_ connection: Connection) {
    guard connection.stage != .closed else { return }
    connection.stage = .closed
    held.forget(connection)
    Sockets.close(connection.descriptor)
    connections.remove(connection)
    if connection.isRefused {
      refused -= 1
    } else {
      counters.connections.subtract(1, ordering: .relaxed)
    }
    entrance.open()
  }

  private func read(_ connection: Connection) {
    switch Sockets.receive(connection.descriptor, into: &buffer) {
    case .bytes(let count):
      counters.received.add(count, ordering: .relaxed)
      if connection.stage == .open {
        connection.parser.append(buffer[..<count])
        // As large as that takes as long as it takes.
        if connection.parser.isSpooling { connection.phaseSince = now }
      } else {
        connection.lingeredBytes += count
        connection.phaseSince = now
      }
    case .end: connection.inputEnded = true
    case .nothing: break
    case .broken: close(connection)
    }
  }

  // MARK: Turns

  /// The connection will be looked after before this turn ends.
  func touch(_ connection: Connection) {
    guard !connection.isTouched else { return }
    connection.isTouched = true
    touched.append(connection)
  }

  private func lookAfterTouched() {
    // Answers given meanwhile may touch connections again: they are looked after in the same turn.
    while let connection = touched.popLast() {
      connection.isTouched = false
      lookAfter(connection)
      takeLocalAnswers()
    }
  }

  /// Answers that handlers gave at once.
  func takeLocalAnswers() {
    while !localAnswers.isEmpty {
      let answers = localAnswers
      localAnswers.removeAll(keepingCapacity: true)
      for answer in answers { settle(answer) }
    }
  }

  func settle(_ answer: Answer) {
    guard let connection = connections[answer.place.connection] else { return }
    connection.settle(answer.place.sequence, answer.response, date: date.bytes(wallNow))
    touch(connection)
  }

  private func lookAfter(_ connection: Connection) {
    guard connection.stage != .closed else { return }
    takeRequests(connection)
    send(connection)
    endIfOver(connection)
    guard connection.stage != .closed else { return }
    count(connection)
    guard connection.stage != .closed else { return }
    connection.notePhase(now)
    if let (reads, writes) = connection.interest(limits, now: now) {
      poller.change(connection.descriptor, data: connection.id.bits, reads: reads, writes: writes)
    }
  }

  private func send(_ connection: Connection) {
    guard !connection.outbox.isEmpty else { return }
    guard let sent = connection.flush() else { return close(connection) }
    guard sent > 0 else { return }
    counters.sent.add(sent, ordering: .relaxed)
    connection.noteSent(sent, now)
  }

  /// Whether it is time to close, and how (RFC 9112 §9.6).
  private func endIfOver(_ connection: Connection) {
    guard connection.outbox.isEmpty else { return }
    switch connection.stage {
    case .open:
      let isOver = connection.inputEnded || (stopAt != nil && connection.parser.phase == .idle)
      if isOver, connection.inFlight == 0 { close(connection) }
    case .closing:
      guard !connection.inputEnded else { return close(connection) }
      Sockets.finishSending(connection.descriptor)
      connection.stage = .lingering
      connection.phaseSince = now
      connection.lingersSince = now
    case .lingering: if connection.inputEnded { close(connection) }
    case .closed: break
    }
  }

  private func count(_ connection: Connection) {
    held.count(connection)
    // Those only who have had the chance to take something.
    while held.unsent > limits.heldBytes,
      let laggard = connections.all.filter({ $0.countedUnsent > 0 }).min(by: { $0.sentAt < $1.sentAt })
    {
      cut(laggard)
    }
    // Small bodies go on, as long as all of them together are no more than the large ones may be.
    let share = min(Self.readBytes, limits.heldBytes / max(1, connections.count))
    guard held.bodies > limits.heldBytes, connection.stage == .open, !connection.isEnding,
      connection.parser.phase == .body, connection.parser.heldBytes > share
    else { return }
    refuse(connection, overload("the server holds as many request bodies as it takes"))
  }

  /// Places the last answer of a connection, behind those still to come: to what is being read of it.
  func refuse(_ connection: Connection, _ response: Response) {
    let manner = ResponseWriter.Manner(isHead: connection.parser.isHead, closes: true)
    let sequence = connection.expectAnswer(manner)
    connection.isEnding = true
    connection.forgetInput(limits)
    connection.settle(sequence, response, date: date.bytes(wallNow))
    touch(connection)
  }

  private func overload(_ detail: String) -> Response {
    var response = problem(503, detail)
    if response.header("Retry-After") == nil {
      response.headers.append(("Retry-After", String(limits.retryAfterSeconds)))
    }
    return response
  }
}
