import CSQLite
import Glibc
import Synchronization

/// A disk as SQLite sees it: a virtual file system (https://www.sqlite.org/vfs.html) under a name of its own.
final class SimulatedVFS {
  private static let count = Atomic(0)
  private static let prefix = "simulated-"

  let name: String
  let disk: SimulatedDisk
  private let vfs: UnsafeMutablePointer<sqlite3_vfs>
  private let nameBytes: UnsafeMutablePointer<CChar>

  private static let preparation: Void = csqlite_forgo_memory_figures()

  init(_ disk: SimulatedDisk) {
    Self.preparation
    self.disk = disk
    name = Self.prefix + "\(Self.count.add(1, ordering: .relaxed).newValue)"
    nameBytes = UnsafeMutablePointer.allocate(capacity: name.utf8.count + 1)
    for (index, byte) in name.utf8CString.enumerated() { nameBytes[index] = byte }
    vfs = UnsafeMutablePointer.allocate(capacity: 1)
    vfs.initialize(to: Self.methods(nameBytes, disk))
    sqlite3_vfs_register(vfs, 0)
  }

  /// No connection may be open any more.
  deinit {
    sqlite3_vfs_unregister(vfs)
    vfs.deallocate()
    nameBytes.deallocate()
  }

  private static func methods(_ name: UnsafeMutablePointer<CChar>, _ disk: SimulatedDisk) -> sqlite3_vfs {
    var vfs = sqlite3_vfs()
    vfs.iVersion = 2
    vfs.szOsFile = Int32(MemoryLayout<OpenFile>.size)
    vfs.mxPathname = 512
    vfs.zName = UnsafePointer(name)
    vfs.pAppData = Unmanaged.passUnretained(disk).toOpaque()
    vfs.xOpen = { vfs, path, file, flags, outFlags in
      guard let file else { return SQLITE_CANTOPEN }
      // Without methods SQLite does not close it.
      file.pointee.pMethods = nil
      guard let disk = SimulatedVFS.disk(vfs), !disk.isDown else { return SQLITE_CANTOPEN }
      // A file without a name is one that nobody else will ever see.
      let name = path.map { String(cString: $0) } ?? "unnamed \(disk.operations)"
      guard let handle = disk.open(name, creating: flags & SQLITE_OPEN_CREATE != 0) else { return SQLITE_CANTOPEN }
      OpenFile.open(file, handle)
      outFlags?.pointee = flags
      return SQLITE_OK
    }
    vfs.xDelete = { vfs, path, isDurable in
      guard let disk = SimulatedVFS.disk(vfs), let path else { return SQLITE_IOERR }
      return disk.isDown ? SQLITE_IOERR : disk.delete(String(cString: path), durably: isDurable != 0)
    }
    vfs.xAccess = { vfs, path, _, result in
      guard let disk = SimulatedVFS.disk(vfs), let path else { return SQLITE_IOERR }
      result?.pointee = disk.has(String(cString: path)) ? 1 : 0
      return SQLITE_OK
    }
    vfs.xFullPathname = { _, path, count, result in
      guard let path, let result else { return SQLITE_CANTOPEN }
      let bytes = Array(String(cString: path).utf8CString)
      guard bytes.count <= Int(count) else { return SQLITE_CANTOPEN }
      result.update(from: bytes, count: bytes.count)
      return SQLITE_OK
    }
    vfs.xRandomness = { _, count, bytes in
      bytes?.initialize(repeating: 42, count: Int(count))
      return count
    }
    vfs.xSleep = { _, microseconds in microseconds }
    vfs.xCurrentTime = { _, days in
      days?.pointee = 2_461_000
      return SQLITE_OK
    }
    vfs.xGetLastError = { _, _, _ in 0 }
    return vfs
  }

  /// The disk behind a virtual file system; nil if it is none of ours.
  static func disk(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> SimulatedDisk? {
    guard let vfs = vfs?.pointee, let name = vfs.zName, strncmp(name, prefix, prefix.utf8.count) == 0 else {
      return nil
    }
    return vfs.pAppData.map { Unmanaged<SimulatedDisk>.fromOpaque($0).takeUnretainedValue() }
  }
}
