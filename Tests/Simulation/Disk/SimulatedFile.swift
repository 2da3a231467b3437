/// A file with two states: what programs read, and what is sure to be there after the power fails.
final class SimulatedFile {
  enum Change {
    case write(offset: Int, bytes: [UInt8])
    case resize(Int)
  }

  /// What a disk writes whole or not at all.
  static let sector = 512

  let name: String
  let nameHash: UInt64
  /// As programs see it.
  let content = Bytes()
  /// Its name is in the folder for good.
  var isListed = false
  var handles: [DiskHandle] = []
  /// Lives as long as somebody maps it.
  weak var sharedMemory: SharedMemory?
  private let durable = Bytes()
  /// Since the last sync.
  private var changes: [Change] = []

  init(name: String) {
    self.name = name
    var hash = TraceHash()
    hash.add(name)
    nameHash = hash.value << 2
  }

  func write(_ source: UnsafeRawPointer, _ length: Int, at offset: Int) {
    content.write(source, length, at: offset)
    changes.append(.write(offset: offset, bytes: Array(UnsafeRawBufferPointer(start: source, count: length))))
  }

  func resize(_ size: Int) {
    content.resize(size)
    changes.append(.resize(size))
  }

  func sync() {
    for change in changes { apply(change) }
    changes.removeAll(keepingCapacity: true)
    isListed = true
  }

  /// What a kernel does that could not write: some of it is on the disk, the rest counts as written and never will be.
  func failSync(_ chance: inout Chance) {
    keepSome(&chance)
    changes.removeAll(keepingCapacity: true)
  }

  /// Any part of what was not synced may be there afterwards, in any order.
  func losePower(_ chance: inout Chance) {
    keepSome(&chance)
    changes = []
    content.copy(durable)
    (handles, sharedMemory) = ([], nil)
  }

  private func keepSome(_ chance: inout Chance) {
    switch chance.below(5) {
    case 0: return
    case 1: return changes.forEach(apply)
    case 2: changes.removeLast(chance.below(changes.count + 1))
    case 3: changes.shuffle(using: &chance)
    default: break
    }
    for change in changes {
      switch chance.below(4) {
      case 0: break
      case 1: if case .write(let offset, let bytes) = change { tear(bytes, at: offset, &chance) }
      default: apply(change)
      }
    }
  }

  /// Some of its sectors alone.
  private func tear(_ bytes: [UInt8], at offset: Int, _ chance: inout Chance) {
    var from = 0
    bytes.withUnsafeBytes { bytes in
      while from < bytes.count, let start = bytes.baseAddress {
        let end = min(bytes.count, ((offset + from) / Self.sector + 1) * Self.sector - offset)
        if chance.hits(500) { durable.write(start + from, end - from, at: offset + from) }
        from = end
      }
    }
  }

  private func apply(_ change: Change) {
    switch change {
    case .resize(let size): durable.resize(size)
    case .write(let offset, let bytes):
      bytes.withUnsafeBytes { if let start = $0.baseAddress { durable.write(start, $0.count, at: offset) } }
    }
  }
}
