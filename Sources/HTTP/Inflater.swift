import CZlib

/// Inflates gzip piece by piece: for bodies that are never in memory as a whole. Members may follow one another
/// (RFC 1952 §2.2).
final class Inflater {
  // zlib remembers where its stream lies: it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let ratio: Int
  private var taken = 0
  private var given = 0
  /// Between two members, or at the end.
  private(set) var isComplete = false

  private static let gzipWindow: Int32 = 15 + 16
  private static let freeBytes = 64 * 1024

  init(ratio: Int) throws(Gzip.Refusal) {
    self.ratio = ratio
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    guard unsafe czlib_inflate_init(stream, Inflater.gzipWindow) == Z_OK else { throw .tooLarge }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// At most `room` bytes of what the input gives, and how many bytes of it that took; to be called until it has taken all
  /// and gives nothing.
  func inflate(_ input: ArraySlice<UInt8>, room: Int) throws(Gzip.Refusal) -> (taken: Int, output: [UInt8]) {
    if isComplete, !input.isEmpty {
      unsafe inflateReset(stream)
      isComplete = false
    }
    var code = Z_OK
    var used = 0
    let output = input.withUnsafeBytes { bytes in
      [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
          mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        unsafe stream.pointee.avail_in = UInt32(clamping: bytes.count)
        unsafe stream.pointee.next_out = buffer.baseAddress
        unsafe stream.pointee.avail_out = UInt32(clamping: room)
        code = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
        used = unsafe bytes.count - Int(stream.pointee.avail_in)
        count = unsafe room - Int(stream.pointee.avail_out)
      }
    }
    taken += used
    given += output.count
    switch code {
    case Z_STREAM_END: isComplete = true
    case Z_OK, Z_BUF_ERROR: break
    default: throw .notGzip
    }
    if given > max(Inflater.freeBytes, taken.multipliedReportingOverflow(by: ratio).partialValue) { throw .tooLarge }
    return (used, output)
  }
}
