import Glibc
import Synchronization

/// Bytes on their way into a file without a name: what is too large for memory, and is gone with its last reader. One
/// thread at a time.
public final class SpoolFile: Sendable {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private struct State {
    var descriptor: Int32
    var count = 0
    var waiting: [UInt8] = []
  }

  private let state: Mutex<State>

  /// Written at once.
  private static let blockBytes = 128 * 1024

  /// - Parameter folder: on whose disk it lies.
  public init(in folder: String) throws(Failure) {
    var path = Array((folder + "/spool-XXXXXX").utf8CString)
    let descriptor = unsafe mkstemp(&path)
    guard descriptor >= 0 else { throw SpoolFile.failure("no file could be made beside the database") }
    unsafe _ = unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    state = Mutex(State(descriptor: descriptor))
  }

  deinit { state.withLock { if $0.descriptor >= 0 { Sockets.close($0.descriptor) } } }

  /// Bytes appended so far.
  public var count: Int { state.withLock { $0.count } }

  public func append(_ bytes: some Collection<UInt8>) throws(Failure) {
    try state.withLock { (state) throws(Failure) in
      state.waiting.append(contentsOf: bytes)
      state.count += bytes.count
      if state.waiting.count >= SpoolFile.blockBytes { try SpoolFile.write(&state) }
    }
  }

  /// What was appended, to be read; nothing can be appended after.
  public func finish() throws(Failure) -> FileBody {
    try state.withLock { (state) throws(Failure) in
      try SpoolFile.write(&state)
      defer { state.descriptor = -1 }
      return FileBody(descriptor: state.descriptor)
    }
  }

  private static func write(_ state: inout State) throws(Failure) {
    guard state.descriptor >= 0 else { throw failure("it is finished") }
    var done = 0
    while done < state.waiting.count {
      let written = state.waiting.withUnsafeBytes { bytes in
        unsafe Glibc.write(state.descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw failure("a file beside the database could not be written") }
      done += written
    }
    state.waiting.removeAll(keepingCapacity: true)
  }

  private static func failure(_ what: String) -> Failure {
    Failure(description: "\(what): \(unsafe String(cString: strerror(errno)))")
  }
}
