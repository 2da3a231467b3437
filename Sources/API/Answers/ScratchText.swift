import Glibc
import HTTP
import SQL

/// A text too long for memory, written into a file that has no name: it is gone with its last reader, whatever happens.
final class ScratchText {
  private static let bufferBytes = 1 << 16

  private var descriptor: Int32
  private var buffer: [UInt8] = []

  /// - Parameter folder: on whose disk it lies.
  init(under folder: String) throws {
    // O_TMPFILE is not imported: __O_TMPFILE | O_DIRECTORY.
    descriptor = open(folder, O_RDWR | O_CLOEXEC | O_DIRECTORY | 0o20_000_000, 0o600)
    guard descriptor >= 0 else {
      throw StoreUnavailable(reason: "no file can be made in \(folder): \(String(cString: strerror(errno)))")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func write(_ text: String) throws {
    buffer += text.utf8
    if buffer.count >= Self.bufferBytes { try flush() }
  }

  /// Once, at the end.
  func body() throws -> FileBody {
    try flush()
    defer { descriptor = -1 }
    return FileBody(descriptor: descriptor)
  }

  private func flush() throws {
    var done = 0
    while done < buffer.count {
      let count = buffer.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw StoreUnavailable(reason: "a copy cannot be written: \(String(cString: strerror(errno)))")
      }
      done += count
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
