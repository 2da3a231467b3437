public import HTTP
public import Ingest
public import SQL

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
      text.single("zveno_store_failed_duties_total", .counter, "Slices of work that were undone.", figures.failedDuties)
      text.single("zveno_store_healthy", .gauge, "1 while the store takes writes.", writer.isHealthy ? 1 : 0)
      text.family("zveno_store_commit_seconds", .histogram, "Commit, the sync of the disk included.")
      text.histogram("zveno_store_commit_seconds", [], figures.commitSeconds)
    }
  }

  public static func intake(_ intake: Intake, _ log: EventLog) -> MetricsSource {
    .memory { text in
      text.family("zveno_events_accepted_total", .counter, "Events in the log, by type.")
      for (type, count) in log.acceptedByType.sorted(by: { $0.key < $1.key }) {
        text.sample("zveno_events_accepted_total", [("type", type)], count)
      }
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
}
