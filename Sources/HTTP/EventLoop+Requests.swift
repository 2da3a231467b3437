import Synchronization

/// From bytes to the handler.
extension EventLoop {
  /// Takes what is complete, until the connection has as much in flight as it may.
  func takeRequests(_ connection: Connection) {
    while connection.takesRequests(limits), stopAt == nil || connection.inFlight == 0 {
      switch connection.parser.next() {
      case .request(let request):
        connection.phase = .idle
        connection.phaseSince = now
        dispatch(request, connection)
        takeLocalAnswers()
      case .failure(let failure):
        // Who may not call hears that first, not how large his body may be.
        if let refusal = askDoorman(connection) { return refuse(connection, refusal) }
        return refuseBad(connection, failure)
      case .needMore: return waitForMore(connection)
      }
    }
  }

  private func waitForMore(_ connection: Connection) {
    if let refusal = askDoorman(connection) { return refuse(connection, refusal) }
    if connection.parser.takeContinue() { connection.askForBody() }
    if connection.inputEnded, connection.parser.phase != .idle {
      refuseBad(connection, RequestFailure(400, "expected the rest of the request, got the end of the connection"))
    }
  }

  /// Once for each request with a body that has not come whole.
  private func askDoorman(_ connection: Connection) -> Response? {
    connection.parser.takeAwaited().flatMap { doorman(Request($0, remoteAddress: connection.remoteAddress)) }
  }

  private func refuseBad(_ connection: Connection, _ failure: RequestFailure) {
    counters.badRequests.add(1, ordering: .relaxed)
    refuse(connection, problem(failure.status, failure.detail))
  }

  private func dispatch(_ parsed: ParsedRequest, _ connection: Connection) {
    let head = parsed.head
    let manner = ResponseWriter.Manner(
      isHead: head.method == "HEAD", closes: !head.keepsAlive || stopAt != nil, isHTTP10: head.isHTTP10)
    let place = AnswerPlace(connection: connection.id, sequence: connection.expectAnswer(manner))
    do throws(RequestFailure) {
      if parsed.file != nil { try Compression.requireKnown(head.headers) }
      let body = try parsed.file == nil ? Compression.decoded(parsed, limits: limits) : []
      counters.requests.add(1, ordering: .relaxed)
      connection.lend(body.count)
      let request = Request(head, body: body, file: parsed.file, remoteAddress: connection.remoteAddress)
      handler(request, Responder(PendingAnswer(loop: self, place: place, requestHeaders: head.headers)))
    } catch {
      counters.badRequests.add(1, ordering: .relaxed)
      var response = problem(error.status, error.detail)
      if error.status == 415 { response.headers.append(("Accept-Encoding", "gzip")) }
      settle(Answer(place: place, response: response))
    }
  }
}
