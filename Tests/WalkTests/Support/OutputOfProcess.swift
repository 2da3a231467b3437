import Foundation
import Glibc

/// Lines of a process, gathered on a thread of their own.
final class OutputOfProcess: @unchecked Sendable {
  // Unchecked: what is shared is behind the condition's lock.
  private let handle: FileHandle
  private let condition = NSCondition()
  private var lines: [String] = []
  private var isAtEnd = false

  init(_ handle: FileHandle) { self.handle = handle }

  func follow() {
    Thread { [self] in
      while let line = handle.firstLine { change { lines.append(line) } }
      change { isAtEnd = true }
    }.start()
  }

  func close() { shutdown(handle.fileDescriptor, Int32(SHUT_RDWR)) }

  var text: String { locked { lines.joined(separator: "\n") } }

  /// The first line that fits; nil at the end of the output or of the time.
  func wait(seconds: Double, for fits: (String) -> Bool) -> String? {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let line = lines.first(where: fits) { return line }
      if isAtEnd || !condition.wait(until: deadline) { return lines.first(where: fits) }
    }
  }

  private func change(_ body: () -> Void) {
    condition.lock()
    body()
    condition.broadcast()
    condition.unlock()
  }

  private func locked<T>(_ body: () -> T) -> T {
    condition.lock()
    defer { condition.unlock() }
    return body()
  }
}
