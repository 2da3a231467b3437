/// What the writer tells about itself.
public struct WriterMetrics: Sendable {
  public var commits = 0
  public var failedCommits = 0
  /// Jobs whose round was committed, and jobs that were turned away or lost with their round.
  public var jobs = 0
  public var refusedJobs = 0
  /// From COMMIT to its answer, the sync of the disk included.
  public var commitSeconds = Histogram()
  public var queued = 0
  public var failedDuties = 0
  public var checkpoints = 0
  /// How long rounds stood still for one.
  public var checkpointSeconds = Histogram()
  /// Pages of the write-ahead log after the last commit.
  public var logPages = 0
  /// Pages that a backup still has to copy, 0 when none is made.
  public var backupPagesLeft = 0
  public var lastError: String?

  public init() {}
}
