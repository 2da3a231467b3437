import SQL

/// Asks again where a read was broken off, because the writer wanted the log that it held, or too many were waiting.
struct PatientPast: Past {
  private static let tries = 50

  let past: any Past
  let pause: () -> Void

  func read<T: Sendable>(_ job: @escaping @Sendable (Connection) throws -> T) throws -> T {
    for _ in 1..<Self.tries {
      do { return try past.read(job) } catch let error as SQLError where error.isInterrupted {
        pause()
      } catch is StoreUnavailable {
        pause()
      }
    }
    return try past.read(job)
  }
}
