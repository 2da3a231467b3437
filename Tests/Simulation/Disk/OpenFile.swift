import CSQLite
import Glibc

/// What SQLite holds of an open file: its own head, then ours. All of the dead process's calls fail without effect.
struct OpenFile {
  private var head: sqlite3_file
  private var handle: Unmanaged<DiskHandle>?

  static func open(_ file: UnsafeMutablePointer<sqlite3_file>, _ handle: DiskHandle) {
    let place = UnsafeMutableRawPointer(file).assumingMemoryBound(to: OpenFile.self)
    place.pointee.head.pMethods = UnsafePointer(methods)
    place.pointee.handle = Unmanaged.passRetained(handle)
  }

  private static func close(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Int32 {
    guard let file else { return SQLITE_OK }
    let place = UnsafeMutableRawPointer(file).assumingMemoryBound(to: OpenFile.self)
    place.pointee.handle?.takeUnretainedValue().close()
    place.pointee.handle?.release()
    place.pointee.handle = nil
    return SQLITE_OK
  }

  private static func handle(_ file: UnsafeMutablePointer<sqlite3_file>?) -> DiskHandle? {
    guard let file else { return nil }
    return UnsafeMutableRawPointer(file).assumingMemoryBound(to: OpenFile.self).pointee.handle?.takeUnretainedValue()
  }

  /// The handle of a process that lives.
  private static func living(_ file: UnsafeMutablePointer<sqlite3_file>?) -> DiskHandle? {
    handle(file).flatMap { $0.isAlive ? $0 : nil }
  }

  /// For the whole process, never freed.
  nonisolated(unsafe) private static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
    let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    var table = sqlite3_io_methods()
    table.iVersion = 2
    table.xClose = { OpenFile.close($0) }
    addContent(&table)
    addLocks(&table)
    addSharedMemory(&table)
    methods.initialize(to: table)
    return methods
  }()

  private static func addContent(_ table: inout sqlite3_io_methods) {
    table.xRead = { file, target, length, offset in
      guard let handle = OpenFile.living(file), let target else { return SQLITE_IOERR }
      let count = handle.file.content.read(into: target, Int(length), at: Int(offset))
      guard count < Int(length) else { return SQLITE_OK }
      memset(target + count, 0, Int(length) - count)
      return DiskCode.shortRead
    }
    table.xWrite = { file, source, length, offset in
      guard let handle = OpenFile.living(file), let source else { return SQLITE_IOERR }
      return handle.disk.write(source, Int(length), at: Int(offset), to: handle.file)
    }
    table.xTruncate = { file, size in
      guard let handle = OpenFile.living(file) else { return SQLITE_IOERR }
      return handle.disk.resize(handle.file, to: Int(size))
    }
    table.xSync = { file, _ in
      guard let handle = OpenFile.living(file) else { return SQLITE_IOERR }
      return handle.disk.sync(handle.file)
    }
    table.xFileSize = { file, size in
      guard let handle = OpenFile.living(file) else { return SQLITE_IOERR }
      size?.pointee = sqlite3_int64(handle.file.content.count)
      return SQLITE_OK
    }
    table.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
    table.xSectorSize = { _ in 4096 }
    // As the platform's own says of every disk: a torn write touches nothing beside it.
    table.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
  }

  private static func addLocks(_ table: inout sqlite3_io_methods) {
    table.xLock = { file, level in OpenFile.living(file)?.lock(level) ?? SQLITE_IOERR }
    table.xUnlock = { file, level in
      OpenFile.handle(file)?.unlock(to: level)
      return SQLITE_OK
    }
    table.xCheckReservedLock = { file, result in
      result?.pointee = OpenFile.living(file)?.isReserved ?? false ? 1 : 0
      return SQLITE_OK
    }
  }

  private static func addSharedMemory(_ table: inout sqlite3_io_methods) {
    table.xShmMap = { file, region, size, isExtending, result in
      guard let handle = OpenFile.living(file) else { return SQLITE_IOERR }
      result?.pointee = handle.map(Int(region), size: Int(size), extending: isExtending != 0)
      return SQLITE_OK
    }
    table.xShmLock = { file, offset, count, flags in
      let slots = UInt8(truncatingIfNeeded: ((1 << count) - 1) << offset)
      if flags & SQLITE_SHM_UNLOCK != 0 {
        OpenFile.handle(file)?.unlock(slots: slots)
        return SQLITE_OK
      }
      guard let handle = OpenFile.living(file) else { return SQLITE_IOERR }
      return handle.lock(slots: slots, exclusively: flags & SQLITE_SHM_EXCLUSIVE != 0)
    }
    table.xShmBarrier = { _ in }
    table.xShmUnmap = { file, _ in
      OpenFile.handle(file)?.unmap()
      return SQLITE_OK
    }
  }
}
