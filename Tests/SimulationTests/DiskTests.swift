import SQL
import Testing

@testable import Simulation

@Suite struct DiskTests {
  /// A table with a number for each commit that was answered.
  private final class Store {
    static let path = "/numbers.sqlite"

    let disk: SimulatedDisk
    private let vfs: SimulatedVFS
    private let durability: Durability
    private(set) var connection: Connection?
    private(set) var committed: Int64 = 0

    init(seed: UInt64, durability: Durability) throws {
      disk = SimulatedDisk(seed: seed)
      vfs = SimulatedVFS(disk)
      self.durability = durability
      try open()
      try connection?.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY, text TEXT)")
    }

    deinit { connection?.close() }

    func open() throws {
      disk.start()
      connection = try Connection(
        path: Self.path, mode: .writer,
        settings: .init(durability: durability, vfs: vfs.name, busyMilliseconds: 0))
      try connection?.rewriteLog()
    }

    func crash(power: Bool) {
      if !disk.isDown { disk.crash(power: power) }
      connection?.close()
      connection = nil
    }

    /// Throws when the disk fails.
    func commitOne() throws {
      guard let connection else { return }
      let text = String(repeating: "x", count: Int(committed % 7) * 300)
      _ = try connection.transaction {
        try connection.run("INSERT OR REPLACE INTO numbers VALUES ($1, $2)", [.int(committed + 1), .text(text)])
      }
      if !disk.isDown { committed += 1 }
    }

    var stored: Int64 {
      get throws { try connection?.first("SELECT coalesce(max(n), 0) FROM numbers") { $0.int(0) } ?? 0 }
    }
  }

  @Test(
    "with synchronous=FULL, what was committed outlives every loss of power", arguments: 1...40 as ClosedRange<UInt64>)
  func fullIsDurable(seed: UInt64) throws {
    #expect(try lost(seed, .full) == 0)
  }

  @Test func `with synchronous=NORMAL it does not, and the disk shows it`() throws {
    #expect(try (1...5).contains { try lost($0, .normal) > 0 })
  }

  /// The commits that were answered and are not there after one of many losses of power.
  private func lost(_ seed: UInt64, _ durability: Durability) throws -> Int64 {
    var chance = Chance(seed, for: "commits")
    let store = try Store(seed: seed, durability: durability)
    for _ in 0..<30 {
      store.disk.fault = DiskFault(kind: .powerFails, after: chance.below(60))
      while !store.disk.isDown { try? store.commitOne() }
      store.crash(power: true)
      try store.open()
      let stored = try store.stored
      if stored < store.committed { return store.committed - stored }
    }
    return 0
  }

  @Test(
    "what a start finds in a log whose sync had failed is safe from then on", arguments: 1...20 as ClosedRange<UInt64>)
  func failedSync(seed: UInt64) throws {
    let store = try Store(seed: seed, durability: .full)
    for _ in 0..<5 { try store.commitOne() }
    store.disk.fault = DiskFault(kind: .syncFails, after: 0)
    #expect(throws: SQLError.self) { try store.commitOne() }
    // Killed before it could write anew what had failed; the kernel still shows it.
    store.crash(power: false)
    try store.open()
    for _ in 0..<5 { try store.commitOne() }
    store.crash(power: true)
    try store.open()
    #expect(try store.stored >= 10)
    #expect(try store.connection?.first("PRAGMA integrity_check") { $0.text(0) } == "ok")
  }

  @Test func `a full disk says so, and takes writes again when there is room`() throws {
    let store = try Store(seed: 1, durability: .full)
    store.disk.fault = DiskFault(kind: .isFull, after: 0, count: .max)
    let error = #expect(throws: SQLError.self) { try store.commitOne() }
    #expect(error?.isFull == true)
    store.disk.fault = nil
    try store.commitOne()
    #expect(try store.stored == 1)
  }
}
