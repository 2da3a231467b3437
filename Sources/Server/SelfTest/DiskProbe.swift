import Glibc

/// How long the disk takes to say that a page is on it: what every commit waits for.
struct DiskProbe {
  private static let syncs = 200
  private static let page = 4_096

  let folder: String

  func run() throws -> Rate {
    let descriptor = open(folder + "/sync.tmp", O_RDWR | O_CREAT, 0o600)
    guard descriptor >= 0 else {
      throw Refused("no file can be made in \(folder): \(String(cString: strerror(errno)))")
    }
    defer {
      close(descriptor)
      unlink(folder + "/sync.tmp")
    }
    let bytes = [UInt8](repeating: 7, count: Self.page)
    var latencies: [Double] = []
    for number in 0..<Self.syncs {
      let start = SystemClock.nanoseconds()
      guard pwrite(descriptor, bytes, bytes.count, off_t(number * Self.page)) == bytes.count, fdatasync(descriptor) == 0
      else { throw Refused("the disk under \(folder) takes no writes: \(String(cString: strerror(errno)))") }
      latencies.append(Double(SystemClock.nanoseconds() - start) / 1e6)
    }
    return Rate(count: Self.syncs, seconds: latencies.reduce(0, +) / 1000, latencies: latencies)
  }
}
