import CSQLite
import CZlib

/// A disk in memory, on which processes live one after another. It fails when it is told to.
///
/// As on ext4, XFS and Btrfs, changes of the folder reach the disk in order: a sync of any file carries those before it.
final class SimulatedDisk: @unchecked Sendable {
  // Unchecked: a simulation has one thread.

  private static let page = 4096

  /// What programs find in the folder.
  private var files: [String: SimulatedFile] = [:]
  /// Deleted, and back again should the power fail before the next sync.
  private var deleted: [SimulatedFile] = []
  private var chance: Chance
  /// Handles of an earlier one belong to a process that is dead.
  private(set) var generation = 0
  /// Writes, syncs and deletions that programs have asked for.
  private(set) var operations = 0
  /// Over all of them, in order: which file, where, and what.
  private(set) var trace = TraceHash()
  var fault: DiskFault?
  /// A fault has been seen since this was last set.
  var hasFailed = false
  /// What the connections of the living have written.
  let rows = RowWatch()
  /// The process has been ended since it was last started.
  private(set) var isDown = false
  /// And with it, last time, the machine.
  private(set) var hasPower = true

  init(seed: UInt64) { chance = Chance(seed, for: "disk") }

  /// A process begins its life.
  func start() { isDown = false }

  /// The process ends here, without a word to SQLite; with `power`, all that was not synced is in doubt.
  func crash(power: Bool) {
    generation += 1
    (isDown, hasPower, fault) = (true, !power, nil)
    for file in files.values { (file.handles, file.sharedMemory) = ([], nil) }
    if power { losePower() }
  }

  private func losePower() {
    for file in deleted where files[file.name] == nil && chance.hits(500) { files[file.name] = file }
    deleted = []
    for name in files.keys.sorted() {
      guard let file = files[name] else { continue }
      file.losePower(&chance)
      if !file.isListed, chance.hits(500) { files[name] = nil }
    }
  }
}

extension SimulatedDisk {
  /// Where a text stands, as programs see the disk.
  func files(with text: String) -> [String] {
    files.values.filter { $0.content.contains(Array(text.utf8)) }.map(\.name).sorted()
  }
}

// MARK: - What SQLite asks for

extension SimulatedDisk {
  func open(_ name: String, creating: Bool) -> DiskHandle? {
    guard let file = files[name] ?? (creating ? SimulatedFile(name: name) : nil) else { return nil }
    files[name] = file
    return DiskHandle(self, file)
  }

  func has(_ name: String) -> Bool { files[name] != nil }

  func delete(_ name: String, durably: Bool) -> Int32 {
    guard let file = files[name] else { return DiskCode.noSuchFile }
    if let code = attempt(.delete, file) { return code }
    files[name] = nil
    if file.isListed, !durably { deleted.append(file) }
    return SQLITE_OK
  }

  func write(_ source: UnsafeRawPointer, _ length: Int, at offset: Int, to file: SimulatedFile) -> Int32 {
    // Of pages alone: in the heads of logs and of their frames are numbers that SQLite draws by itself.
    if length == Self.page { trace.add(UInt64(crc32(0, source.assumingMemoryBound(to: UInt8.self), UInt32(length)))) }
    // A fault may come in the middle of the write.
    let code = attempt(.write, file, length, at: offset) { part in file.write(source, length / part, at: offset) }
    if let code { return code }
    file.write(source, length, at: offset)
    return SQLITE_OK
  }

  func resize(_ file: SimulatedFile, to size: Int) -> Int32 {
    if let code = attempt(.resize, file, size) { return code }
    file.resize(size)
    return SQLITE_OK
  }

  func sync(_ file: SimulatedFile) -> Int32 {
    if let code = attempt(.sync, file, meanwhile: { _ in file.failSync(&chance) }) { return code }
    file.sync()
    deleted = []
    return SQLITE_OK
  }

  private enum Operation: UInt64 {
    case write, sync, resize, delete
  }

  /// - Parameter meanwhile: what the operation leaves behind although it fails; a write of a half or of all.
  /// - Returns: nil if the operation is to go on.
  private func attempt(
    _ operation: Operation, _ file: SimulatedFile, _ length: Int = 0, at offset: Int = 0,
    meanwhile: (Int) -> Void = { _ in }
  ) -> Int32? {
    operations += 1
    trace.add(file.nameHash ^ operation.rawValue)
    trace.add(UInt64(offset) << 24 ^ UInt64(length))
    guard var due = fault else { return nil }
    guard due.after <= 0 else {
      due.after -= 1
      fault = due
      return nil
    }
    switch (due.kind, operation) {
    case (.powerFails, _), (.processEnds, _):
      if operation == .write, chance.hits(500) { meanwhile(1) }
      crash(power: due.kind == .powerFails)
      hasFailed = true
      return SQLITE_IOERR
    case (.isFull, .write): return fail(SQLITE_FULL, &due, half: meanwhile)
    case (.writeFails, .write): return fail(DiskCode.writeFailed, &due, half: meanwhile)
    case (.syncFails, .sync): return fail(DiskCode.syncFailed, &due, half: meanwhile)
    default: return nil
    }
  }

  private func fail(_ code: Int32, _ due: inout DiskFault, half meanwhile: (Int) -> Void) -> Int32 {
    if code == DiskCode.syncFailed || chance.hits(300) { meanwhile(2) }
    due.count -= 1
    fault = due.count > 0 ? due : nil
    hasFailed = true
    return code
  }
}
