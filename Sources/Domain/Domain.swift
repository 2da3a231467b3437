/// Domain holds the words of the field and the pure rules: contacts' keys and events, the chain language with its
/// parser, conditions, time windows, and the step function that moves a run. What comes in are parsed JSON values, a
/// view of one contact and a moment; what goes out are transitions and effects, or errors with pointer and line.
/// It must not know disk, network, clock or chance: whatever time it is, is passed in.
public enum Domain {
  /// How old an event's `at` may be and still start chains and wake waits, unless configured otherwise.
  public static let triggerMaxAge = Span(days: 1)
}
