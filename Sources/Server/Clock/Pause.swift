import Glibc

/// Real waiting, on a thread that may block.
enum Pause {
  static func microseconds(_ count: UInt32) { usleep(count) }
}
