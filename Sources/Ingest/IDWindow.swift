/// Which event ids are new: a table of fingerprints, 11 to 23 bytes an id, in place of a random unique index (which
/// halves the rate at a few million rows). It may only say *new*; a hit is a place in the log where to look.
///
/// Open addressing with linear probing. A slot holds a fingerprint and the event's seq, counted from `base`; the
/// fingerprint's upper bits are the slot it would like, so growing keeps the order and reads memory front to back.
struct IDWindow {
  /// Ids of events before this one have left the window: they are hits no more, and dropped when the table is rebuilt.
  private(set) var firstSeq: Int64 = 1
  /// Slots in use, forgotten ones among them.
  private(set) var count = 0
  /// 0: free.
  private var slots: [UInt64]
  /// The log's seq that counts as 0; below every seq in the table.
  private var base: Int64 = 0
  /// What the open transaction has put in, so that it can be taken out again.
  private var fresh: [UInt64] = []

  private static let smallest = 1 << 10
  /// Slots used of ten.
  private static let fullest = 7

  init() { slots = [UInt64](repeating: 0, count: IDWindow.smallest) }

  var capacity: Int { slots.count }

  /// How many ids the open transaction has put in.
  var freshCount: Int { fresh.count }

  /// The first event with this fingerprint, among those in the window, that `isIt`: it looks into the log.
  func find(_ fingerprint: UInt32, _ isIt: (Int64) throws -> Bool) rethrows -> Int64? {
    var at = home(fingerprint)
    while slots[at] != 0 {
      if UInt32(truncatingIfNeeded: slots[at] >> 32) == fingerprint {
        let seq = self.seq(slots[at])
        if seq >= firstSeq, try isIt(seq) { return seq }
      }
      at = next(at)
    }
    return nil
  }

  /// Makes room for so many ids at once.
  mutating func reserve(_ ids: Int) {
    guard count == 0 else { return }
    var size = capacity
    while (ids + 1) * 10 > size * IDWindow.fullest { size *= 2 }
    if size != capacity { slots = [UInt64](repeating: 0, count: size) }
  }

  /// For an id that `find` did not find, in the open transaction. `seq` rises from call to call.
  mutating func insert(_ fingerprint: UInt32, _ seq: Int64) {
    fresh.append(load(fingerprint, seq))
  }

  /// For an id that is on disk.
  @discardableResult
  mutating func load(_ fingerprint: UInt32, _ seq: Int64) -> UInt64 {
    if (count + 1) * 10 > capacity * IDWindow.fullest || seq - base > Int64(UInt32.max) { rebuild(for: seq) }
    let entry = UInt64(fingerprint) << 32 | UInt64(truncatingIfNeeded: seq - base)
    put(entry)
    return entry
  }

  /// Ids of events before `seq` may be used again.
  mutating func forget(before seq: Int64) { firstSeq = max(firstSeq, seq) }

  /// What was put in is on disk.
  mutating func committed() { fresh.removeAll(keepingCapacity: true) }

  /// Takes out what was put in after the open transaction had `mark` ids.
  mutating func rollBack(to mark: Int) {
    while fresh.count > mark, let entry = fresh.popLast() { remove(entry) }
  }

  private func home(_ fingerprint: UInt32) -> Int {
    Int(fingerprint) >> (32 - capacity.trailingZeroBitCount)
  }

  private func home(of entry: UInt64) -> Int { home(UInt32(truncatingIfNeeded: entry >> 32)) }

  private func next(_ at: Int) -> Int { (at + 1) & (capacity - 1) }

  private func seq(_ entry: UInt64) -> Int64 { base + Int64(entry & 0xFFFF_FFFF) }

  private mutating func put(_ entry: UInt64) {
    var at = home(of: entry)
    while slots[at] != 0 { at = next(at) }
    slots[at] = entry
    count += 1
  }

  /// Frees the entry's slot and moves up what had to give way to it.
  private mutating func remove(_ entry: UInt64) {
    var free = home(of: entry)
    while slots[free] != entry {
      if slots[free] == 0 { return }
      free = next(free)
    }
    var at = next(free)
    while slots[at] != 0 {
      let wanted = home(of: slots[at])
      let distance = (at - wanted) & (capacity - 1)
      if distance >= (at - free) & (capacity - 1) {
        slots[free] = slots[at]
        free = at
      }
      at = next(at)
    }
    slots[free] = 0
    count -= 1
  }

  /// Drops what has left the window, and doubles if that frees less than half.
  private mutating func rebuild(for seq: Int64) {
    // Four thousand million events in one window do not fit: the oldest leave early.
    forget(before: seq - Int64(UInt32.max) + 1)
    let old = slots
    let oldest = UInt64(max(1, firstSeq - base))
    let live = old.reduce(into: 0) { count, entry in count += IDWindow.isLive(entry, oldest) ? 1 : 0 }
    let size = (live + 1) * 20 > capacity * IDWindow.fullest ? capacity * 2 : capacity
    let shift = oldest - 1
    base += Int64(shift)
    slots = [UInt64](repeating: 0, count: size)
    count = 0
    for entry in old where IDWindow.isLive(entry, oldest) { put(entry - shift) }
    fresh = fresh.map { $0 &- shift }
  }

  private static func isLive(_ entry: UInt64, _ oldest: UInt64) -> Bool { entry & 0xFFFF_FFFF >= oldest }
}
