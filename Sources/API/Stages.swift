public import Domain
public import Ingest
public import SQL

/// What the routes call, as the server wires it.
public struct Stages: Sendable {
  public var intake: Intake
  public var log: EventLog
  public var keys: Keys
  public var readers: Readers
  /// Families of `/metrics`, in their order.
  public var metrics: [MetricsSource]
  /// Why the server cannot take or work off events now; nil when it can.
  public var unready: @Sendable () -> String?
  /// So many bytes that nobody can guess.
  public var random: @Sendable (Int) -> [UInt8]
  /// Moves the clock and answers, from any thread, once nothing is left to do. Nil: the server runs on the real clock.
  public var testClock: TestClock?

  public typealias TestClock =
    @Sendable (TestClockMove, _ done: @escaping @Sendable (Result<Timestamp, any Error>) -> Void) -> Void

  public init(
    intake: Intake, log: EventLog, keys: Keys, readers: Readers, metrics: [MetricsSource],
    unready: @escaping @Sendable () -> String?, random: @escaping @Sendable (Int) -> [UInt8],
    testClock: TestClock? = nil
  ) {
    (self.intake, self.log, self.keys, self.readers) = (intake, log, keys, readers)
    (self.metrics, self.unready, self.random, self.testClock) = (metrics, unready, random, testClock)
  }
}

extension Stages {
  /// The whole contract, as far as it is built: what is not in this table is 404.
  public var routes: [Route] {
    EventRoutes.all(self) + ContactRoutes.all(self) + TimelineRoutes.all(self) + ConsentRoutes.all(self)
      + SuppressionRoutes.all(self) + KeyRoutes.all(self) + TestClockRoutes.all(self) + HealthRoutes.all(self)
      + MetricsRoutes.all(self)
  }
}
