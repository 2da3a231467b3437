/// The scrub that the writer makes beside its rounds: all who ask while one is under way share the next.
final class Scrubs {
  /// Between two slices: half the time is everybody else's, and the log need not be emptied all the time.
  private static let pauseNanoseconds: Int64 = 20_000_000

  typealias Ending = @Sendable (Result<Int, any Error>) -> Void

  private var current: (scrub: Scrub, endings: [Ending])?
  private var waiting: [Ending] = []
  private var pausesUntil: Int64 = 0

  /// Milliseconds until the next slice; nil: there is nothing to do.
  func pause(at nanoseconds: Int64) -> Int64? {
    guard current != nil || !waiting.isEmpty else { return nil }
    return max(0, (pausesUntil - nanoseconds + 999_999) / 1_000_000)
  }

  func ask(_ then: @escaping Ending) { waiting.append(then) }

  func step(_ db: Connection, quiet: (() -> Void) -> Void, _ monotonic: () -> Int64) {
    guard pause(at: monotonic()) == 0 else { return }
    if current == nil {
      current = (Scrub(), waiting)
      waiting = []
    }
    guard let (scrub, _) = current else { return }
    do {
      if try scrub.step(db, quiet: quiet, monotonic: monotonic) { return end(.success(scrub.cleaned)) }
      pausesUntil = monotonic() + Self.pauseNanoseconds
    } catch {
      end(.failure(error))
    }
  }

  /// Of those who have asked; who asks again gets another one.
  func endAll(_ reason: any Error) {
    end(.failure(reason))
    current = (Scrub(), waiting)
    waiting = []
    end(.failure(reason))
  }

  private func end(_ result: Result<Int, any Error>) {
    let endings = current?.endings ?? []
    current = nil
    pausesUntil = 0
    for ending in endings { ending(result) }
  }
}

extension Writer {
  /// Overwrites what the file still holds of rows that were deleted before the call, and empties the write-ahead log, in
  /// slices between the rounds: when it is done no byte of theirs is in the database's files. Cost: the file is read once,
  /// and the connection's cache is lost with each slice of 10 ms, of which there is one every 30.
  ///
  /// - Parameter then: called on the writer's thread with the number of pages that held such bytes. Fails with `SQLError`,
  ///   or `StoreUnavailable`: a round was lost in its middle, or the writer stops.
  public func scrub(then: @escaping @Sendable (Result<Int, any Error>) -> Void) {
    submit({ _, _ in }) { [self] outcome in
      switch outcome {
      case .success: beginScrub(then: then)
      case .failure(let error): then(.failure(error))
      }
    }
  }
}
