import Foundation
import Glibc

/// A pipe that no other child inherits. Foundation's own leaks into every process started meanwhile, by whichever test:
/// then its end is never seen while that one lives. (A pair of sockets, since Glibc hides `pipe2`.)
struct PrivatePipe {
  let reading: FileHandle
  let writing: FileHandle

  struct Failed: Error { let number: Int32 }

  init() throws {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw Failed(number: errno)
    }
    reading = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    writing = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
  }
}
