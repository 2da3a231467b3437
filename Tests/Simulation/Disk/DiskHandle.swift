import CSQLite
import Glibc

/// A file that some connection has open: its locks, and whether its process still lives.
final class DiskHandle {
  let disk: SimulatedDisk
  let file: SimulatedFile
  private let generation: Int
  private(set) var lock = SQLITE_LOCK_NONE
  private var memory: SharedMemory?
  /// A bit for each slot.
  private var sharedSlots: UInt8 = 0
  private var ownSlots: UInt8 = 0

  init(_ disk: SimulatedDisk, _ file: SimulatedFile) {
    (self.disk, self.file, generation) = (disk, file, disk.generation)
    file.handles.append(self)
  }

  var isAlive: Bool { generation == disk.generation }

  func close() {
    unmap()
    file.handles.removeAll { $0 === self }
  }

  // MARK: - Locks of the file

  func lock(_ wanted: Int32) -> Int32 {
    guard wanted > lock else { return SQLITE_OK }
    let others = file.handles.filter { $0 !== self }.map(\.lock)
    switch wanted {
    case SQLITE_LOCK_SHARED: if others.contains(where: { $0 >= SQLITE_LOCK_PENDING }) { return SQLITE_BUSY }
    case SQLITE_LOCK_RESERVED: if others.contains(where: { $0 >= SQLITE_LOCK_RESERVED }) { return SQLITE_BUSY }
    default:
      if others.contains(where: { $0 >= SQLITE_LOCK_RESERVED }) { return SQLITE_BUSY }
      lock = SQLITE_LOCK_PENDING
      if others.contains(where: { $0 >= SQLITE_LOCK_SHARED }) { return SQLITE_BUSY }
    }
    lock = wanted
    return SQLITE_OK
  }

  func unlock(to wanted: Int32) { lock = min(lock, wanted) }

  var isReserved: Bool { file.handles.contains { $0.lock >= SQLITE_LOCK_RESERVED } }

  // MARK: - The memory that connections share

  func map(_ region: Int, size: Int, extending: Bool) -> UnsafeMutableRawPointer? {
    let mapped = memory ?? file.sharedMemory ?? SharedMemory()
    (memory, file.sharedMemory) = (mapped, mapped)
    return mapped.region(region, size: size, extending: extending)
  }

  func unmap() {
    unlock(slots: ownSlots | sharedSlots)
    memory = nil
  }

  /// - Parameter slots: a bit for each.
  func lock(slots: UInt8, exclusively: Bool) -> Int32 {
    guard let memory else { return SQLITE_IOERR }
    // Asked twice for what it has, it has it.
    let wanted = slots & ~(exclusively ? ownSlots : sharedSlots)
    guard memory.take(wanted, exclusively: exclusively) else { return SQLITE_BUSY }
    if exclusively { ownSlots |= wanted } else { sharedSlots |= wanted }
    return SQLITE_OK
  }

  func unlock(slots: UInt8) {
    memory?.release(slots & (ownSlots | sharedSlots))
    ownSlots &= ~slots
    sharedSlots &= ~slots
  }
}

/// What would be the `-shm` file: the log's index and the locks on its parts. Gone with the last who maps it.
final class SharedMemory {
  private var regions: [UnsafeMutableRawPointer] = []
  /// How many share a slot; -1: one has it alone.
  private var holders = [Int](repeating: 0, count: 8)

  deinit { for region in regions { region.deallocate() } }

  func region(_ index: Int, size: Int, extending: Bool) -> UnsafeMutableRawPointer? {
    while extending, regions.count <= index {
      let region = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
      memset(region, 0, size)
      regions.append(region)
    }
    return index < regions.count ? regions[index] : nil
  }

  /// All of these slots or none. - Returns: whether nobody was in the way.
  func take(_ slots: UInt8, exclusively: Bool) -> Bool {
    for slot in 0..<8 where slots & 1 << slot != 0 {
      guard exclusively ? holders[slot] == 0 : holders[slot] >= 0 else { return false }
    }
    for slot in 0..<8 where slots & 1 << slot != 0 { holders[slot] = exclusively ? -1 : holders[slot] + 1 }
    return true
  }

  func release(_ slots: UInt8) {
    for slot in 0..<8 where slots & 1 << slot != 0 { holders[slot] = max(0, holders[slot] - 1) }
  }
}
