/// How long what has happened is kept, by its kind. Nil: for ever.
public struct RetentionPolicy: Sendable, Hashable {
  /// Events whose type has no span of its own.
  public var events: Span?
  /// By event type.
  public var types: [String: Span]
  /// Messages that are over, with their tasks.
  public var messages: Span?
  /// Runs that have ended; nil: as long as messages.
  public var traces: Span?
  /// What messages said, as long as they are kept themselves at most.
  public var bodies: Span?
  /// Who changed what.
  public var audit: Span?

  public init(
    events: Span? = nil, types: [String: Span] = [:], messages: Span? = nil, traces: Span? = nil, bodies: Span? = nil,
    audit: Span? = nil
  ) {
    (self.events, self.types, self.messages, self.traces) = (events, types, messages, traces)
    (self.bodies, self.audit) = (bodies, audit)
  }

  public func span(ofType type: String) -> Span? { types[type] ?? events }

  public var keepsEverything: Bool { self == RetentionPolicy() }

  /// Whether everything of `type` is there that lies within `span` of now.
  public func reaches(_ span: Span, ofType type: String) -> Bool {
    guard let kept = self.span(ofType: type) else { return true }
    if span.months <= kept.months, span.days <= kept.days, span.milliseconds <= kept.milliseconds { return true }
    return Self.length(span, daysPerYear: 366, slack: 3) <= Self.length(kept, daysPerYear: 365, slack: -3)
  }

  /// In milliseconds, as long or as short as calendars make it.
  private static func length(_ span: Span, daysPerYear: Int64, slack: Int64) -> Int64 {
    let days = Int64(span.months) * daysPerYear / 12 + (span.months % 12 == 0 ? 0 : slack)
    return (days + Int64(span.days)) * LocalTime.millisecondsPerDay + span.milliseconds
  }

  /// What happened then or before may go. A day is given on top, since contacts' days do not begin at one time.
  public static func limit(_ span: Span, at now: Timestamp) -> Timestamp {
    Span(months: -span.months, days: -span.days - 1, milliseconds: -span.milliseconds).after(now, in: .utc)
  }

  /// When something of `moment` may go, to about a day.
  public static func end(_ span: Span, of moment: Timestamp) -> Timestamp {
    Span(months: span.months, days: span.days + 1, milliseconds: span.milliseconds).after(moment, in: .utc)
  }
}
