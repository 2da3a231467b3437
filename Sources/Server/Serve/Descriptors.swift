import Glibc

/// Every connection is a descriptor, and the soft limit a shell gives (1024) is fewer than the connections taken.
enum Descriptors {
  /// Raises the soft limit to the hard one, as every process may; leaves it where that is refused.
  static func raiseLimit() {
    var limit = read()
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// How many this process may have open.
  static var limit: Int { Int(clamping: read().rlim_cur) }

  private static func read() -> rlimit {
    var limit = rlimit(rlim_cur: 1024, rlim_max: 1024)
    _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return limit
  }
}
