public import Domain

/// What `POST /v1/test-clock` asks for.
public enum TestClockMove: Sendable, Hashable {
  case advance(Span)
  case to(Timestamp)
}
