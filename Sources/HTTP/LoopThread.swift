import Glibc

/// A thread of its own for something that blocks.
///
/// `@unchecked Sendable`: the identifier is set once, before anybody else has this object.
final class LoopThread: @unchecked Sendable {
  private var thread = pthread_t()

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  init(_ run: @escaping @Sendable () -> Void) {
    let body = Unmanaged.passRetained(Body(run))
    unsafe pthread_create(
      &thread, nil,
      { pointer in
        if let pointer = unsafe pointer { unsafe Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
        return nil
      }, unsafe body.toOpaque())
  }

  /// Once.
  func join() {
    _ = pthread_join(thread, nil)
  }
}
