public import SQL

/// Something that writes its families into `/metrics`. Must be cheap at every size of the file.
public enum MetricsSource: Sendable {
  /// Out of memory; answers whatever state the store is in.
  case memory(@Sendable (inout MetricsText) -> Void)
  /// Out of narrow tables, on a reader's thread.
  case store(@Sendable (inout MetricsText, Connection) throws -> Void)
}
