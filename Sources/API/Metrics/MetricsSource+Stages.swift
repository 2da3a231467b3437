public import Delivery
public import Domain
public import Engine
public import HTTP
public import Ingest
public import SQL
import Synchronization

/// The families that each part of the server has, ready for the list that `Stages` takes.
extension MetricsSource {
  public static func writer(_ writer: Writer) -> MetricsSource {
    .memory { text in
      let figures = writer.metrics
      text.single("zveno_store_commits_total", .counter, "Transactions committed.", figures.commits)
      text.single("zveno_store_failed_commits_total", .counter, "Transactions lost.", figures.failedCommits)
      text.single("zveno_store_jobs_total", .counter, "Writes whose transaction was committed.", figures.jobs)
      text.single("zveno_store_refused_jobs_total", .counter, "Writes turned away or lost.", figures.refusedJobs)
      text.single("zveno_store_queue_depth", .gauge, "Writes that wait for their transaction.", figures.queued)
      text.single("zveno_store_wal_pages", .gauge, "Pages of the write-ahead log.", figures.logPages)
      text.single("zveno_store_checkpoints_total", .counter, "Checkpoints made.", figures.checkpoints)
      text.single(
        "zveno_store_backup_pages_left", .gauge, "Pages that a backup has still to copy; 0: none is made.",
        figures.backupPagesLeft)
      text.single("zveno_store_failed_duties_total", .counter, "Slices of work that were undone.", figures.failedDuties)
      text.single("zveno_store_healthy", .gauge, "1 while the store takes writes.", writer.isHealthy ? 1 : 0)
      text.family("zveno_store_commit_seconds", .histogram, "Commit, the sync of the disk included.")
      text.histogram("zveno_store_commit_seconds", [], figures.commitSeconds)
    }
  }

  /// The file, its free pages and its log.
  public static var storeSize: MetricsSource {
    .store { text, db in
      let size = try StoreSize(db)
      text.family("zveno_store_bytes", .gauge, "The database file, free pages included, without its log.")
      text.sample("zveno_store_bytes", [], size.bytes)
      text.family("zveno_store_free_bytes", .gauge, "Pages of the database that are used again before it grows.")
      text.sample("zveno_store_free_bytes", [], size.freeBytes)
      text.family("zveno_wal_bytes", .gauge, "The write-ahead log on the disk.")
      text.sample("zveno_wal_bytes", [], size.logBytes)
    }
  }

  /// - Parameter deleted: rows by kind, asked at each scrape.
  public static func retention(_ deleted: @escaping @Sendable () -> [String: Int]) -> MetricsSource {
    .memory { text in
      text.family("zveno_retention_deleted_total", .counter, "Rows deleted because they were kept long enough.")
      for (kind, count) in deleted().sorted(by: { $0.key < $1.key }) {
        text.sample("zveno_retention_deleted_total", [("kind", kind)], count)
      }
    }
  }

  /// - Parameter figures: asked at each scrape.
  public static func webhooks(_ figures: @escaping @Sendable () -> WebhookDuty.Figures) -> MetricsSource {
    .memory { text in
      let figures = figures()
      text.family("zveno_webhook_posts_total", .counter, "Posts to webhooks, by how each try ended.")
      text.sample("zveno_webhook_posts_total", [("outcome", "delivered")], figures.delivered)
      text.sample("zveno_webhook_posts_total", [("outcome", "failed")], figures.failed)
      text.sample("zveno_webhook_posts_total", [("outcome", "given_up")], figures.givenUp)
    }
  }

  public static func intake(_ intake: Intake, _ log: EventLog) -> MetricsSource {
    .memory { text in
      writeEvents(&text, log.accepted(limit: eventTypesShown))
      let figures = intake.metrics
      text.single("zveno_intake_duplicates_total", .counter, "Events known already.", figures.duplicates)
      text.single("zveno_intake_rejected_total", .counter, "Events with errors.", figures.rejected)
      text.single("zveno_intake_unavailable_total", .counter, "Calls turned away.", figures.unavailable)
      text.single("zveno_intake_queue_depth", .gauge, "Events that wait for their commit.", figures.queuedEvents)
      text.single("zveno_intake_queue_bytes", .gauge, "Bytes of events that wait.", figures.queuedBytes)
    }
  }

  /// Answers by route.
  public static func requests(_ meter: RequestMeter) -> MetricsSource { .memory { meter.write(&$0) } }

  /// - Parameter figures: `HTTPServer.metrics`, asked at each scrape; nil before it listens.
  public static func http(_ figures: @escaping @Sendable () -> HTTPMetrics?) -> MetricsSource {
    .memory { text in
      guard let figures = figures() else { return }
      text.single("zveno_http_connections", .gauge, "Connections open.", figures.connections)
      text.single(
        "zveno_http_connections_total", .counter, "Connections accepted.", figures.connectionsAccepted)
      text.single(
        "zveno_http_connections_refused_total", .counter, "Connections turned away.", figures.connectionsRefused)
      text.single("zveno_http_bad_requests_total", .counter, "Requests refused unread.", figures.badRequests)
      text.single("zveno_http_timeouts_total", .counter, "Connections cut at a deadline.", figures.timeouts)
      text.single("zveno_http_received_bytes_total", .counter, "Bytes received.", figures.bytesReceived)
      text.single("zveno_http_sent_bytes_total", .counter, "Bytes sent.", figures.bytesSent)
    }
  }

  public static func hold(_ hold: Hold) -> MetricsSource {
    .memory { text in
      text.single(
        "zveno_held", .gauge, "1 while this copy stands still until it is released.", hold.fact == nil ? 0 : 1)
    }
  }

  /// - Parameter figures: by channel, asked at each scrape.
  public static func delivery(_ figures: @escaping @Sendable () -> [String: Histogram]) -> MetricsSource {
    .memory { text in
      text.family(
        "zveno_delivery_lag_seconds", .histogram,
        "From the moment a message was due, as planned or put off last, until it was sent.")
      for (channel, histogram) in figures().sorted(by: { $0.key < $1.key }) {
        text.histogram("zveno_delivery_lag_seconds", [("channel", channel)], histogram)
      }
    }
  }

  /// The engine's way through the log and its timers.
  public static func engine(_ figures: @escaping @Sendable () -> Engine.Lag) -> MetricsSource {
    .memory { text in
      let lag = figures()
      text.family("zveno_decisions_total", .counter, "Events and timers that have acted.")
      text.sample("zveno_decisions_total", [("cause", "event")], lag.events)
      text.sample("zveno_decisions_total", [("cause", "timer")], lag.timers)
      text.single(
        "zveno_decisions_left_aside_total", .counter,
        "Decisions not tried any more, since the process had ended three times in the middle of them.", lag.leftAside)
      text.family("zveno_engine_unread_events", .gauge, "Events that have not acted yet.")
      text.sample("zveno_engine_unread_events", [], lag.unread)
      text.family(
        "zveno_decision_lag_seconds", .histogram, "From the acceptance of the oldest event of a round until it acted.")
      text.histogram("zveno_decision_lag_seconds", [], lag.decisions)
    }
  }

  /// Runs that wait for nothing. Each scrape looks at some of the runs, so that in the end it has looked at all. While the
  /// engine is behind the log, none: whether a run waits for what stands there unread would cost a look at all of it.
  public static func stuckRuns(atOnce limit: Int = 2_000, mostUnread: Int64 = 1_000) -> MetricsSource {
    let walk = Mutex(StuckRuns())
    return .store { text, db in
      let (last, position) = walk.withLock { ($0, $0.position) }
      var walked = last
      if try Engine.unread(db) <= mostUnread {
        walked = last.going(on: try RunAudit.stuckRuns(after: position, limit: limit, db))
        // Two scrapes at once count a slice once.
        walk.withLock { [walked] in if $0.position == position { $0 = walked } }
      }
      text.single(
        "zveno_runs_stuck", .gauge, "Runs that wait for nothing, of those looked at, some at each scrape.", walked.known
      )
    }
  }

  /// How late the oldest of what is due is; 0 when nothing is overdue.
  public static func lateness(_ rules: Rules, now: @escaping @Sendable () -> Int64) -> MetricsSource {
    let channels = rules.channels.keys.sorted()
    return .store { text, db in
      let now = now()
      func seconds(_ sql: String, _ parameters: [SQLValue] = []) throws -> Double {
        try db.first(sql, parameters) { Double(max(0, now - $0.int(0))) / 1000 } ?? 0
      }
      text.family("zveno_oldest_due_run_seconds", .gauge, "For how long the oldest run that is due has waited.")
      let run = "SELECT due_at FROM runs WHERE due_at IS NOT NULL ORDER BY due_at, id LIMIT 1"
      text.sample("zveno_oldest_due_run_seconds", [], try seconds(run))
      text.family("zveno_oldest_due_message_seconds", .gauge, "For how long the oldest message that is due has waited.")
      let message = """
        SELECT due_at FROM messages WHERE channel = $1 AND status = 'planned' AND due_at IS NOT NULL
        ORDER BY due_at, id LIMIT 1
        """
      for channel in channels {
        text.sample("zveno_oldest_due_message_seconds", [("channel", channel)], try seconds(message, [.text(channel)]))
      }
    }
  }

  /// The funnel of each chain and step, and the ledger. Cost: the chains and their steps, never the runs.
  /// - Parameter rules: whose channels show 0 from the start: `increase()` sees no burst that a series begins with.
  public static func funnel(_ counters: Counters, _ rules: Rules) -> MetricsSource {
    let none = rules.channels.keys.flatMap { channel in
      Message.Status.allCases.map { (Counters.MessageKey(channel: channel, status: $0.rawValue), Int64(0)) }
    }
    return .store { text, db in
      let names = Dictionary(
        try db.query("SELECT number, id FROM chains") { ($0.int(0), $0.text(1)) },
        uniquingKeysWith: { first, _ in first })
      let figures = counters.snapshot
      Funnel(figures.chains, names: names).write(&text)
      text.family(
        "zveno_message_ends_unread", .gauge,
        "Ends of messages that the log says and the engine has still to read. At any moment "
          + "sum(zveno_chain_step_pending) = planned and sending of zveno_messages_total + this.")
      let unread = figures.chains.reduce(0) { $1.key.outcome == Counters.unread ? $0 + $1.value : $0 }
      text.sample("zveno_message_ends_unread", [], unread)
      // By the contract's name; but it falls where a message goes on, so it is no counter.
      text.family("zveno_messages_total", .untyped, "Messages in the ledger, by channel and status.")
      writeMessages(&text, "zveno_messages_total", figures.messages)
      text.family(
        "zveno_message_moves_total", .counter, "How often messages came into a status since the start, by channel.")
      let moves = Dictionary(none, uniquingKeysWith: +).merging(figures.moves, uniquingKeysWith: +)
      writeMessages(&text, "zveno_message_moves_total", moves)
    }
  }
}

/// A sender's slip, an id in the type, must not fill the one who scrapes.
private let eventTypesShown = 200

private func writeEvents(
  _ text: inout MetricsText, _ figures: (types: [(name: String, accepted: Int64)], others: Int64)
) {
  let other = "other"
  var counts = Dictionary(figures.types, uniquingKeysWith: +)
  if figures.others > 0 { counts[other, default: 0] += figures.others }
  text.family(
    "zveno_events_accepted_total", .counter,
    "Events in the log, by type: the \(eventTypesShown) that came first, all later ones as \(other).")
  for (type, count) in counts.sorted(by: { $0.key < $1.key }) {
    text.sample("zveno_events_accepted_total", [("type", type)], count)
  }
}

private func writeMessages(_ text: inout MetricsText, _ name: String, _ counts: [Counters.MessageKey: Int64]) {
  for (key, count) in counts.sorted(by: { ($0.key.channel, $0.key.status) < ($1.key.channel, $1.key.status) }) {
    text.sample(name, [("channel", key.channel), ("status", key.status)], count)
  }
}
