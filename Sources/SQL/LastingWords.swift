internal import CStatx
internal import Glibc
internal import Synchronization

/// Numbers that outlive the process, however it ends: one page of a file, mapped, where the kernel keeps what plain
/// stores leave there. Nothing is synced, so a power loss may keep any of them or none.
///
/// Confined to one thread. A word costs what memory costs.
public final class LastingWords {
  // Words of 8 bytes in 4096, the smallest page there is.
  public static let count = 512
  private static let bytes = count * MemoryLayout<Int64>.stride

  // Atomic, so that the compiler neither puts off a store nor leaves one out.
  private let words: UnsafeMutablePointer<Atomic<Int64>>
  private let isMapped: Bool

  /// In memory alone: they end with this object. All are 0.
  public init() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: Self.bytes, alignment: 8)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.bytes)
    words = memory.bindMemory(to: Atomic<Int64>.self, capacity: Self.count)
    isMapped = false
  }

  /// As the file has them; all are 0 in a new one. Throws `StoreRefusal` where there is no room for it, or no right to it,
  /// and on a file system that never writes in place.
  public init(path: String) throws {
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StoreRefusal(errno: "cannot open \(path)") }
    defer { close(file) }
    try Self.refuseCopyOnWrite(file, path)
    var known = stat()
    // Written, not only made longer: a store into a hole of a file on a full disk would end the process.
    if fstat(file, &known) != 0 || known.st_size < Self.bytes {
      let zeros = [UInt8](repeating: 0, count: Self.bytes)
      guard pwrite(file, zeros, Self.bytes, 0) == Self.bytes else { throw StoreRefusal(errno: "cannot write \(path)") }
    }
    guard let page = mmap(nil, Self.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), page != MAP_FAILED else {
      throw StoreRefusal(errno: "cannot map \(path)")
    }
    words = page.bindMemory(to: Atomic<Int64>.self, capacity: Self.count)
    isMapped = true
  }

  /// There a store into a page may need new room whenever the page has been written back: on a full disk it would end the
  /// process (SIGBUS).
  private static func refuseCopyOnWrite(_ file: Int32, _ path: String) throws {
    if let name = copyOnWrite[cstatx_file_system(file)] {
      throw StoreRefusal("\(path) is on \(name), which takes new room for every write")
    }
  }

  /// By their numbers in statfs(2), and OpenZFS's own.
  private static let copyOnWrite: [Int64: String] = [
    0x9123_683E: "btrfs", 0x2FC1_2FC1: "ZFS", 0xCA45_1A4E: "bcachefs",
  ]

  deinit {
    if isMapped { munmap(words, Self.bytes) } else { UnsafeMutableRawPointer(words).deallocate() }
  }

  /// - Parameter index: below `count`.
  public subscript(index: Int) -> Int64 {
    get { words[index].load(ordering: .relaxed) }
    // In the order of the program.
    set { words[index].store(newValue, ordering: .releasing) }
  }
}
