import SQL

/// The fingerprints of the window's ids in the file, in blocks by the order of the log: a start reads 4 bytes an event
/// in place of the events themselves. What is younger than the last block is in memory and read from the events.
///
/// Mirrors the file on the writer's thread; `rollBack` and `committed` follow the transaction.
struct IDBlocks {
  /// Of every block of the file.
  let hash: IDHash
  private let blockLength: Int
  /// The last event that lies in a block.
  private(set) var end: Int64
  /// Of the events after it, 0 for one without an id.
  private var tail: [UInt32] = []
  /// How many of them the open transaction has written as a block.
  private(set) var written = 0

  /// - Parameter seed: for the first block of a file; later ones go on with its seed.
  init(_ db: Connection, seed: UInt64, blockLength: Int) throws {
    let newest = try db.first("SELECT last, seed FROM id_blocks ORDER BY first DESC LIMIT 1") { ($0.int(0), $0.int(1)) }
    hash = IDHash(seed: newest.map { UInt64(bitPattern: $0.1) } ?? seed)
    end = newest?.0 ?? 0
    self.blockLength = blockLength
  }

  /// Hands the blocks' fingerprints to `body`, the oldest first, from the event `seq` on. Events without an id are left
  /// out. Cost: 4 bytes an event.
  func each(from seq: Int64, _ db: Connection, _ body: (UInt32, Int64) -> Void) throws {
    try db.each("SELECT first, fingerprints FROM id_blocks WHERE last >= $1 ORDER BY first", [.int(seq)]) { row in
      let first = row.int(0)
      let bytes = row.blob(1)
      bytes.withUnsafeBytes { bytes in
        for index in Int(max(0, seq - first))..<max(Int(max(0, seq - first)), bytes.count / 4) {
          let fingerprint = UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
          if fingerprint != 0 { body(fingerprint, first + Int64(index)) }
        }
      }
      return true
    }
  }

  /// The next event of the log; those between that are there no more count as without an id.
  mutating func add(_ fingerprint: UInt32, _ seq: Int64) {
    if tail.isEmpty, written == 0 { end = max(end, seq - 1) }
    while end + Int64(tail.count) < seq - 1 { tail.append(0) }
    tail.append(fingerprint)
  }

  /// Writes the oldest of the tail as a block once there are enough, and drops blocks that have left the window.
  /// - Returns: whether it did.
  mutating func write(firstInWindow: Int64, _ db: Connection) throws -> Bool {
    guard tail.count >= blockLength, written == 0 else { return false }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(blockLength * 4)
    for fingerprint in tail.prefix(blockLength) {
      withUnsafeBytes(of: fingerprint.littleEndian) { bytes.append(contentsOf: $0) }
    }
    try db.run(
      "INSERT INTO id_blocks (first, last, seed, fingerprints) VALUES ($1, $2, $3, $4)",
      [
        .int(end + 1), .int(end + Int64(blockLength)), .int(Int64(bitPattern: hash.seed)), .blob(bytes),
      ])
    // The newest stays, whatever its age: it says the seed.
    try db.run("DELETE FROM id_blocks WHERE last < $1 AND first <= $2", [.int(firstInWindow), .int(end)])
    written = blockLength
    return true
  }

  mutating func committed() {
    guard written > 0 else { return }
    tail.removeFirst(written)
    end += Int64(written)
    written = 0
  }

  /// Back to where `lastSeq` was the last event and `written` was as given.
  mutating func rollBack(to lastSeq: Int64, written: Int) {
    self.written = written
    tail.removeLast(min(tail.count, max(0, Int(end + Int64(tail.count) - lastSeq))))
  }

  /// A commit that was believed lost may have reached the disk: what lies in a block there is tail no more.
  mutating func reload(_ db: Connection) throws {
    guard let last = try db.first("SELECT last FROM id_blocks ORDER BY first DESC LIMIT 1", [], { $0.int(0) }),
      last > end
    else { return }
    tail.removeFirst(min(tail.count, Int(last - end)))
    end = last
  }
}
