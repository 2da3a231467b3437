import Glibc

/// Every connection is a descriptor, and the soft limit a shell gives (1024) is fewer than the connections taken.
enum Descriptors {
  /// Raises the soft limit to the hard one, as every process may; leaves it where that is refused.
  static func raiseLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
