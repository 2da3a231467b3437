/// The calls that wait for a round, bounded in events and in bytes.
struct IntakeQueue {
  private(set) var batches: [IntakeBatch] = []
  /// A job that will take them is in the writer's queue.
  var isScheduled = false
  var figures = IntakeMetrics()

  /// One call always has room when nothing else waits.
  func hasRoom(for batch: IntakeBatch, _ limits: IngestLimits) -> Bool {
    batches.isEmpty
      || figures.queuedEvents + batch.events.count <= limits.queuedEvents
        && figures.queuedBytes + batch.bytes <= limits.queuedBytes
  }

  mutating func add(_ batch: IntakeBatch) {
    batches.append(batch)
    figures.queuedEvents += batch.events.count
    figures.queuedBytes += batch.bytes
  }

  /// The oldest calls, one at least, as many as make a round.
  mutating func takeRound(_ limits: IngestLimits) -> [IntakeBatch] {
    var events = 0
    var count = 0
    while count < batches.count, count == 0 || events + batches[count].events.count <= limits.eventsPerRound {
      events += batches[count].events.count
      count += 1
    }
    let taken = Array(batches.prefix(count))
    batches.removeFirst(count)
    for batch in taken {
      figures.queuedEvents -= batch.events.count
      figures.queuedBytes -= batch.bytes
    }
    return taken
  }
}
