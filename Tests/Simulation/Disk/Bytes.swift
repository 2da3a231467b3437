import Glibc

/// A file's content, growing with zeros: memory by hand, so that a debug build is no slower than another.
final class Bytes {
  private(set) var count = 0
  private var capacity = 0
  private var start: UnsafeMutableRawPointer?

  deinit { start?.deallocate() }

  func write(_ source: UnsafeRawPointer, _ length: Int, at offset: Int) {
    resize(max(count, offset + length))
    start?.advanced(by: offset).copyMemory(from: source, byteCount: length)
  }

  /// - Returns: how many were there.
  func read(into target: UnsafeMutableRawPointer, _ length: Int, at offset: Int) -> Int {
    let available = max(0, min(length, count - offset))
    if available > 0, let start { target.copyMemory(from: start + offset, byteCount: available) }
    return available
  }

  func resize(_ size: Int) {
    if size > capacity { grow(to: max(size, capacity * 2, 65_536)) }
    if size < count, let start { memset(start + size, 0, count - size) }
    count = size
  }

  func copy(_ other: Bytes) {
    resize(0)
    if let bytes = other.start { write(bytes, other.count, at: 0) }
  }

  func contains(_ bytes: [UInt8]) -> Bool {
    guard let start, let first = bytes.first else { return false }
    var place = 0
    while place + bytes.count <= count, let found = memchr(start + place, Int32(first), count - place) {
      place = found - start
      if place + bytes.count <= count, memcmp(found, bytes, bytes.count) == 0 { return true }
      place += 1
    }
    return false
  }

  /// What lies behind the end is always zero.
  private func grow(to size: Int) {
    let grown = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    if let start { grown.copyMemory(from: start, byteCount: count) }
    memset(grown + count, 0, size - count)
    start?.deallocate()
    (start, capacity) = (grown, size)
  }
}
