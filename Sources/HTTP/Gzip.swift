import CZlib

/// gzip by zlib. All pointers into zlib's stream live here.
enum Gzip {
  enum Refusal: Error, Equatable {
    case notGzip
    case tooLarge
  }

  /// Window of 32 KiB, and a gzip header around it (zlib's `windowBits`).
  private static let gzipWindow: Int32 = 15 + 16
  /// A level that costs about a third of the default one's time and gives most of its gain.
  private static let level: Int32 = 4
  /// Below this size the ratio says nothing.
  private static let freeBytes = 64 * 1024

  /// Inflates one or more members (RFC 1952 §2.2). Gives up as soon as the output passes the limit or outgrows the input by
  /// more than `ratio`, so a bomb costs no more than an honest body of the largest size.
  static func inflated(_ bytes: [UInt8], atMost limit: Int, ratio: Int) throws(Refusal) -> [UInt8] {
    let (allowed, overflow) = bytes.count.multipliedReportingOverflow(by: ratio)
    let largest = min(limit, max(freeBytes, overflow ? .max : allowed))
    var stream = z_stream()
    guard czlib_inflate_init(&stream, gzipWindow) == Z_OK else { throw .tooLarge }
    defer { inflateEnd(&stream) }
    var output: [UInt8] = []
    // One for all members: a body may be made of a great many empty ones.
    var piece = [UInt8](repeating: 0, count: min(freeBytes, max(1_024, 4 * bytes.count)))
    var taken = 0
    repeat {
      let step = inflate(&stream, bytes, from: taken, into: &piece, room: min(piece.count, largest - output.count + 1))
      taken += step.taken
      output.append(contentsOf: piece[..<step.given])
      if output.count > largest { throw .tooLarge }
      switch step.code {
      case Z_STREAM_END where taken < bytes.count: inflateReset(&stream)
      case Z_STREAM_END: return output
      case Z_OK where step.taken > 0 || step.given > 0: break
      default: throw .notGzip
      }
    } while true
  }

  private static func inflate(
    _ stream: inout z_stream, _ bytes: [UInt8], from start: Int, into piece: inout [UInt8], room: Int
  ) -> (code: Int32, taken: Int, given: Int) {
    var code = Z_OK
    var taken = 0
    var given = 0
    bytes.withUnsafeBytes { input in
      piece.withUnsafeMutableBytes { buffer in
        unsafe stream.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress?.advanced(by: start).assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(clamping: input.count - start)
        unsafe stream.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(clamping: room)
        let (before, space) = (stream.avail_in, stream.avail_out)
        code = unsafe CZlib.inflate(&stream, Z_NO_FLUSH)
        taken = Int(before - stream.avail_in)
        given = Int(space - stream.avail_out)
      }
    }
    return (code, taken, given)
  }

  /// Nil when zlib has no memory left.
  static func deflated(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count < Int(UInt32.max) / 2 else { return nil }
    var stream = z_stream()
    guard czlib_deflate_init(&stream, level, gzipWindow) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    var code = Z_OK
    let bound = Int(deflateBound(&stream, UInt(bytes.count)))
    let output = bytes.withUnsafeBytes { input in
      [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
        unsafe stream.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = buffer.baseAddress
        stream.avail_out = UInt32(clamping: bound)
        code = unsafe deflate(&stream, Z_FINISH)
        count = bound - Int(stream.avail_out)
      }
    }
    return code == Z_STREAM_END ? output : nil
  }
}
