public import Ingest
public import SQL

/// What the routes call, as the server wires it.
public struct Stages: Sendable {
  // public var intake: Intake
  public var log: EventLog
  public var keys: Keys
  public var writer: Writer
  public var readers: Readers
  /// Families of `/metrics`, in their order.
  public var metrics: [MetricsSource]
  /// Why the server cannot take or work off events now; nil when it can.
  public var unready: @Sendable () -> String?
  /// So many bytes that nobody can guess.
  public var random: @Sendable (Int) -> [UInt8]
}
