import Foundation
import Glibc
import Seeds
import Testing

/// Files of a killed server that somebody has laid hands on.
@Suite("Damaged files", .onItsOwnThread, .serialized)
final class DamagedFileTests {
  private let world: AxeWorld
  private let seed = Knob.number("ZVENO_AXE_SEED").map(UInt64.init) ?? UInt64.random(in: 0...999_999)
  private lazy var chance = Seeded(seed)
  private let trials = faultDepth ?? 6
  private var path: String { world.shop.dataPath + "/zveno.sqlite" }

  /// Events and letters, most of them in the log alone; then a kill.
  init() throws {
    world = try AxeWorld()
    let load = try world.load("1")
    try eventually("letters leave") { try world.taken().count > 20 }
    world.shop.killHard()
    load.end()
  }

  @Test("a log that is missing after a crash is refused with one line; put back, nothing is lost")
  func missingLog() throws {
    try FileManager.default.moveItem(atPath: path + "-wal", toPath: path + "-kept")
    try #require(try start() == 69)
    try FileManager.default.moveItem(atPath: path + "-kept", toPath: path + "-wal")
    try world.shop.open()
    try world.settle()
    try world.check()
  }

  @Test("a log cut short or with a flipped bit: what stands before holds together, and it goes on")
  func damagedLog() throws {
    let log = path + "-wal"
    let kept = try Kept(world.shop.dataPath)
    for number in 0..<trials {
      try kept.restore()
      let size = try #require(try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int)
      let place = Int.random(in: 0..<size, using: &chance)
      if number.isMultiple(of: 2) { truncate(log, place) } else { try flip(log, at: place) }
      let status = try start()
      #expect(status == 0, "seed \(seed), at \(place) of \(size)")
      try Books(path).checkFile()
    }
  }

  @Test(
    "a database with a flipped bit is refused with one line, or works, and can be verified; nothing ends the process")
  func damagedPages() throws {
    try world.shop.open()
    try world.settle()
    #expect(world.shop.close() == 0)
    let kept = try Kept(world.shop.dataPath)
    for _ in 0..<trials {
      try kept.restore()
      let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
      let place = Int.random(in: 100..<size, using: &chance)
      try flip(path, at: place)
      let verified = try Zveno.run(["verify", world.shop.dataPath])
      #expect([0, 1, 69].contains(verified.status), "seed \(seed), at \(place) of \(size): \(verified.output)")
      let status = try start()
      #expect(status == 0 || status == 69, "seed \(seed), at \(place) of \(size)")
    }
  }

  /// Starts it, uses it where it starts, and stops it.
  /// - Returns: the exit status.
  private func start() throws -> Int32? {
    let zveno = try world.shop.launch()
    do { try zveno.awaitReady() } catch {
      let status = zveno.end(seconds: 60)
      #expect(zveno.written.split(separator: "\n").count == 1, "\(zveno.written)")
      return status
    }
    for path in ["/metrics", "/v1/messages?limit=1000", "/v1/chains", "/v1/contacts/ann"] {
      #expect(try world.shop.call("GET", path).status <= 503, "\(path)")
    }
    for kind in Posted.Kind.allCases {
      let answer = Posted.post([Posted(id: "\(kind)", kind: kind, contact: 1)], as: .single, port: zveno.port)
      #expect(answer.map { [202, 500, 503].contains($0.status) } == true, "\(answer?.text ?? "no answer")")
    }
    return world.shop.close()
  }

  private func flip(_ file: String, at place: Int) throws {
    let handle = try #require(FileHandle(forUpdatingAtPath: file))
    try handle.seek(toOffset: UInt64(place))
    let byte = try #require(try handle.read(upToCount: 1)?.first)
    try handle.seek(toOffset: UInt64(place))
    try handle.write(contentsOf: Data([byte ^ (1 << Int.random(in: 0..<8, using: &chance))]))
    try handle.close()
  }
}

/// A data folder as it was.
private struct Kept {
  private let path: String
  private let files: [String: Data]

  init(_ path: String) throws {
    self.path = path
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    files = try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(filePath: path + "/" + $0))) })
  }

  func restore() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
      try FileManager.default.removeItem(atPath: path + "/" + name)
    }
    for (name, data) in files { try data.write(to: URL(filePath: path + "/" + name)) }
  }
}
