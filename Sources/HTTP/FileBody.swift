import Glibc

/// A file as the body of an answer: read and sent a piece at a time, as the client takes it, and closed afterwards,
/// whether it was sent whole or not.
public final class FileBody: Sendable {
  /// Bytes, as of the opening: so many are sent.
  public let count: Int
  private let descriptor: Int32
  private let closed: @Sendable () -> Void

  /// What is read and sent at once: a turn of the loop belongs to all connections.
  static let pieceBytes = 256 * 1024

  /// - Parameters:
  ///   - descriptor: of a regular file that does not change any more; belongs to the body from here on.
  ///   - closed: called once, from any thread.
  public init(descriptor: Int32, closed: @escaping @Sendable () -> Void = {}) {
    var file = stat()
    count = unsafe fstat(descriptor, &file) == 0 ? Int(file.st_size) : 0
    (self.descriptor, self.closed) = (descriptor, closed)
  }

  deinit {
    Sockets.close(descriptor)
    closed()
  }

  /// What lies at the offset, one piece at most; nil when there is less than there should be.
  func piece(at offset: Int, atMost most: Int = FileBody.pieceBytes) -> [UInt8]? {
    let wanted = min(most, count - offset)
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
      var done = 0
      while done < wanted {
        let read = unsafe pread(descriptor, buffer.baseAddress?.advanced(by: done), wanted - done, off_t(offset + done))
        if read < 0, errno == EINTR { continue }
        if read <= 0 { break }
        done += read
      }
      count = done
    }
    return bytes.count == wanted ? bytes : nil
  }
}
