import CEpoll
import Glibc
import Synchronization

/// One thread over many connections: waits for sockets and answers, lets each connection go on, sends what is ready.
///
/// `@unchecked Sendable`: other threads only use the mailbox, `problem` and the thread's identifier; everything else
/// belongs to the thread that runs `run`.
final class EventLoop: @unchecked Sendable {
  private static let listenerData = UInt64.max - 1
  private static let readBytes = 64 * 1024
  private static let acceptsPerTurn = 128
  /// Connections beyond the limit that are told so; still more are just closed.
  private static let refusalsAtOnce = 256

  let problem: HTTPServer.Problem
  let limits: HTTPLimits
  let counters: HTTPCounters
  private let handler: HTTPServer.Handler
  private let clock: HTTPClock
  private let poller: Poller
  private let mailbox: Mailbox
  private let thread = Atomic<UInt>(0)

  private var listener: Listener?
  private var listens = true
  private var spare = Sockets.spare()
  private var connections: [Connection?] = []
  private var generations: [UInt32] = []
  private var freeSlots: [UInt32] = []
  private var open = 0
  private var refusing = 0
  private var touched: [Connection] = []
  private var localAnswers: [Answer] = []
  private var buffer = [UInt8](repeating: 0, count: readBytes)
  private var date = HTTPDate()
  private var now: Int64
  private var wallNow: Int64
  private var held = 0
  private var nextSweep: Int64 = 0
  private var stopAt: Int64?

  init(
    listener: Listener, limits: HTTPLimits, clock: HTTPClock, counters: HTTPCounters,
    handler: @escaping HTTPServer.Handler, problem: @escaping HTTPServer.Problem
  ) throws {
    self.listener = listener
    self.limits = limits
    self.clock = clock
    self.counters = counters
    self.handler = handler
    self.problem = problem
    poller = try Poller()
    mailbox = Mailbox(poller: poller)
    now = clock.monotonic()
    wallNow = clock.wall()
    poller.add(listener.descriptor, data: Self.listenerData, reads: true, writes: false, isShared: true)
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
    return open + refusing == 0 || now >= stopAt
  }

  /// Milliseconds until the next look at the deadlines; without connections there are none.
  private var patience: Int32 {
    if open + refusing == 0 && listens { return -1 }
    return Int32(clamping: max(0, min(nextSweep, stopAt ?? .max) - clock.monotonic()))
  }

  private func handle(_ event: Poller.Event) {
    if event.data == Self.listenerData {
      tick()
      return accept()
    }
    guard let connection = connection(ConnectionID(bits: event.data)) else { return }
    if event.canRead { read(connection) }
    if event.isBroken && !event.canRead { return close(connection) }
    touch(connection)
  }

  private func finish() {
    for connection in connections { connection.map(close) }
    mailbox.close()
    listener = nil
    Sockets.close(spare)
    // The identifier may soon be another thread's.
    thread.store(0, ordering: .relaxed)
  }

  // MARK: Connections

  private func connection(_ id: ConnectionID) -> Connection? {
    guard Int(id.slot) < connections.count, let connection = connections[Int(id.slot)], connection.id == id else {
      return nil
    }
    return connection
  }

  private func accept() {
    guard let listener, stopAt == nil else { return }
    for _ in 0..<Self.acceptsPerTurn {
      switch Sockets.accept(listener.descriptor) {
      case .connection(let descriptor, let remoteAddress): admit(descriptor, remoteAddress)
      case .gone: continue
      case .nothing: return
      case .exhausted: return turnAway(listener)
      }
    }
  }

  /// Out of descriptors: the spare one is given up to take a connection and close it, or epoll would report it for ever.
  private func turnAway(_ listener: Listener) {
    Sockets.close(spare)
    if case .connection(let descriptor, _) = Sockets.accept(listener.descriptor) {
      counters.refused.add(1, ordering: .relaxed)
      Sockets.close(descriptor)
    }
    spare = Sockets.spare()
    // Whoever else comes waits in the backlog until the next sweep, or until a connection is closed.
    setListening(false)
  }

  private func setListening(_ listens: Bool) {
    guard let listener, listens != self.listens else { return }
    self.listens = listens
    if listens {
      poller.add(listener.descriptor, data: Self.listenerData, reads: true, writes: false, isShared: true)
    } else {
      poller.remove(listener.descriptor)
    }
  }

  private func admit(_ descriptor: Int32, _ remoteAddress: String) {
    let isWelcome = counters.connections.load(ordering: .relaxed) < limits.connections
    guard isWelcome || refusing < Self.refusalsAtOnce else {
      counters.refused.add(1, ordering: .relaxed)
      return Sockets.close(descriptor)
    }
    let connection = add(descriptor, remoteAddress)
    if isWelcome {
      open += 1
      counters.connections.add(1, ordering: .relaxed)
      counters.accepted.add(1, ordering: .relaxed)
    } else {
      refusing += 1
      counters.refused.add(1, ordering: .relaxed)
      connection.isRefused = true
      refuse(connection, overload("the server has as many connections as it takes"))
      touch(connection)
    }
  }

  private func add(_ descriptor: Int32, _ remoteAddress: String) -> Connection {
    let slot = freeSlots.popLast() ?? UInt32(connections.count)
    if Int(slot) == connections.count {
      connections.append(nil)
      generations.append(0)
    }
    generations[Int(slot)] = (generations[Int(slot)] + 1) & 0x7FFF_FFFF
    let connection = Connection(
      id: ConnectionID(slot: slot, generation: generations[Int(slot)]), descriptor: descriptor,
      remoteAddress: remoteAddress, limits: limits, now: now)
    connections[Int(slot)] = connection
    poller.add(descriptor, data: connection.id.bits, reads: true, writes: false)
    return connection
  }

  private func close(_ connection: Connection) {
    guard connection.stage != .closed else { return }
    connection.stage = .closed
    held -= connection.countedBytes
    Sockets.close(connection.descriptor)
    connections[Int(connection.id.slot)] = nil
    freeSlots.append(connection.id.slot)
    if connection.isRefused {
      refusing -= 1
    } else {
      open -= 1
      counters.connections.subtract(1, ordering: .relaxed)
    }
    if stopAt == nil { setListening(true) }
  }

  // MARK: Reading

  private func read(_ connection: Connection) {
    switch Sockets.receive(connection.descriptor, into: &buffer) {
    case .bytes(let count):
      counters.received.add(count, ordering: .relaxed)
      if connection.stage == .open {
        connection.parser.append(buffer[..<count])
      } else {
        connection.lingeredBytes += count
      }
    case .end: connection.inputEnded = true
    case .nothing: break
    case .broken: close(connection)
    }
  }

  // MARK: Turns

  private func touch(_ connection: Connection) {
    guard !connection.isTouched else { return }
    connection.isTouched = true
    touched.append(connection)
  }

  private func lookAfterTouched() {
    // Answers given while this goes on may touch connections again: they are taken in the same turn.
    while let connection = touched.popLast() {
      connection.isTouched = false
      lookAfter(connection)
      takeLocalAnswers()
    }
  }

  private func takeLocalAnswers() {
    while !localAnswers.isEmpty {
      let answers = localAnswers
      localAnswers.removeAll(keepingCapacity: true)
      for answer in answers { settle(answer) }
    }
  }

  private func settle(_ answer: Answer) {
    guard let connection = connection(answer.place.connection) else { return }
    connection.settle(answer.place.sequence, answer.response, date: date.bytes(wallNow))
    touch(connection)
  }

  private func lookAfter(_ connection: Connection) {
    guard connection.stage != .closed else { return }
    takeRequests(connection)
    send(connection)
    guard connection.stage != .closed else { return }
    endIfOver(connection)
    guard connection.stage != .closed else { return }
    count(connection)
    notePhase(connection)
    tellPoller(connection)
  }

  private func takeRequests(_ connection: Connection) {
    while connection.takesRequests(limits), stopAt == nil || connection.inFlight == 0 {
      switch connection.parser.next() {
      case .request(let request):
        connection.phase = .idle
        connection.phaseSince = now
        dispatch(request, connection)
        takeLocalAnswers()
      case .failure(let failure):
        counters.badRequests.add(1, ordering: .relaxed)
        return refuse(connection, problem(failure.status, failure.detail))
      case .needMore:
        if connection.parser.takeContinue() { connection.askForBody() }
        if connection.inputEnded, connection.parser.phase != .idle {
          counters.badRequests.add(1, ordering: .relaxed)
          refuse(connection, problem(400, "expected the rest of the request, got the end of the connection"))
        }
        return
      }
    }
  }

  private func dispatch(_ parsed: ParsedRequest, _ connection: Connection) {
    let head = parsed.head
    let manner = ResponseWriter.Manner(
      isHead: head.method == "HEAD", closes: !head.keepsAlive || stopAt != nil, isHTTP10: head.isHTTP10)
    let sequence = connection.expectAnswer(manner)
    let place = AnswerPlace(connection: connection.id, sequence: sequence)
    do throws(RequestFailure) {
      let body = try Compression.decoded(parsed, limits: limits)
      counters.requests.add(1, ordering: .relaxed)
      let pending = PendingAnswer(
        loop: self, place: place, requestHeaders: head.headers)
      handler(Request(head, body: body, remoteAddress: connection.remoteAddress), Responder(pending))
    } catch {
      counters.badRequests.add(1, ordering: .relaxed)
      var response = problem(error.status, error.detail)
      if error.status == 415 { response.headers.append(("Accept-Encoding", "gzip")) }
      settle(Answer(place: place, response: response))
    }
  }

  /// The last answer of this connection, behind those still to come.
  private func refuse(_ connection: Connection, _ response: Response) {
    let sequence = connection.expectAnswer(ResponseWriter.Manner(closes: true))
    connection.settle(sequence, response, date: date.bytes(wallNow))
    connection.isEnding = true
  }

  private func overload(_ detail: String) -> Response {
    var response = problem(503, detail)
    if response.header("Retry-After") == nil {
      response.headers.append(("Retry-After", String(limits.retryAfterSeconds)))
    }
    return response
  }

  private func send(_ connection: Connection) {
    guard !connection.outbox.isEmpty else { return }
    guard let sent = connection.flush() else { return close(connection) }
    if sent > 0 {
      counters.sent.add(sent, ordering: .relaxed)
      connection.sentAt = now
      if connection.phase == .idle { connection.phaseSince = now }
    }
  }

  /// Whether it is time to close, and how (RFC 9112 §9.6).
  private func endIfOver(_ connection: Connection) {
    guard connection.outbox.isEmpty else { return }
    switch connection.stage {
    case .open:
      if connection.inFlight == 0, connection.inputEnded || (stopAt != nil && connection.parser.phase == .idle) {
        close(connection)
      }
    case .closing:
      guard !connection.inputEnded else { return close(connection) }
      Sockets.finishSending(connection.descriptor)
      connection.stage = .lingering
      connection.phaseSince = now
    case .lingering: if connection.inputEnded { close(connection) }
    case .closed: break
    }
  }

  private func count(_ connection: Connection) {
    let bytes = connection.heldBytes
    held += bytes - connection.countedBytes
    connection.countedBytes = bytes
    if held > limits.heldBytes, connection.stage == .open, connection.parser.phase == .body,
      connection.parser.heldBytes > Self.readBytes, !connection.isEnding
    {
      refuse(connection, overload("the server holds as many request bodies as it takes"))
      touch(connection)
    }
  }

  private func notePhase(_ connection: Connection) {
    guard connection.stage == .open else { return }
    let phase = connection.parser.phase
    guard phase != connection.phase || !connection.reads else { return }
    connection.phase = phase
    connection.phaseSince = now
  }

  private func tellPoller(_ connection: Connection) {
    let writes = !connection.outbox.isEmpty
    let reads =
      switch connection.stage {
      case .open: !connection.inputEnded && !connection.isEnding && connection.takesRequests(limits)
      case .closing: false
      case .lingering: connection.lingeredBytes < limits.lingerBytes
      case .closed: false
      }
    guard reads != connection.reads || writes != connection.writes else { return }
    connection.reads = reads
    connection.writes = writes
    poller.change(connection.descriptor, data: connection.id.bits, reads: reads, writes: writes)
  }

  // MARK: Deadlines

  /// Every connection is looked at: fifty microseconds for ten thousand, and nothing to keep in order meanwhile.
  private func sweep() {
    nextSweep = now + limits.sweepMilliseconds
    if stopAt == nil { setListening(true) }
    for case let connection? in connections { enforceDeadline(connection) }
    lookAfterTouched()
  }

  private func enforceDeadline(_ connection: Connection) {
    func isOver(_ since: Int64, _ seconds: Double) -> Bool { Double(now - since) >= seconds * 1_000 }
    if !connection.outbox.isEmpty {
      guard isOver(connection.sentAt, limits.writeSeconds) else { return }
      counters.timeouts.add(1, ordering: .relaxed)
      return close(connection)
    }
    switch connection.stage {
    case .lingering: if isOver(connection.phaseSince, limits.lingerSeconds) { close(connection) }
    case .open where connection.reads: enforceReadDeadline(connection, isOver)
    case .open, .closing, .closed: break
    }
  }

  private func enforceReadDeadline(_ connection: Connection, _ isOver: (Int64, Double) -> Bool) {
    switch connection.phase {
    case .idle: if connection.inFlight == 0, isOver(connection.phaseSince, limits.idleSeconds) { close(connection) }
    case .head: if isOver(connection.phaseSince, limits.headSeconds) { giveUp(connection, "head") }
    case .body: if isOver(connection.phaseSince, limits.bodySeconds) { giveUp(connection, "body") }
    }
  }

  private func giveUp(_ connection: Connection, _ part: String) {
    counters.timeouts.add(1, ordering: .relaxed)
    refuse(connection, problem(408, "expected the whole \(part) of the request in time"))
    touch(connection)
  }

  // MARK: Stopping

  private func beginStop(within seconds: Double) {
    stopAt = now + Int64(max(0, seconds) * 1_000)
    if listens, let listener { poller.remove(listener.descriptor) }
    listens = false
    listener = nil
    for case let connection? in connections {
      // What the client has already sent is read and answered: it could not know.
      if connection.stage == .open, connection.inFlight == 0 { read(connection) }
      connection.markLast()
      touch(connection)
    }
  }
}

extension Request {
  init(_ head: RequestHead, body: [UInt8], remoteAddress: String) {
    self.init(
      method: head.method, path: head.target.path, query: head.target.query, authority: head.target.authority,
      headers: head.headers, body: body, remoteAddress: remoteAddress)
  }
}
