/// The one source of "now" of a running server.
enum ServerClock: Sendable {
  case system(SystemClock)
  case test(TestClock)

  func now() -> Int64 {
    switch self {
    case .system(let clock): clock.now()
    case .test(let clock): clock.now()
    }
  }
}
