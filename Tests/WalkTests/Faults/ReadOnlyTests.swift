import Foundation
import JSON
import Testing

/// A data folder that becomes read-only while a server is hard at work in it.
@Suite(
  "A folder that becomes read-only", .onItsOwnThread, .serialized, .enabled(if: LoopDisk.isPossible, LoopDisk.whyNot))
struct ReadOnlyTests {
  private let world: AxeWorld
  private let disk: LoopDisk
  private let load: Load

  init() throws {
    var disk: LoopDisk?
    world = try AxeWorld(prepare: { disk = try LoopDisk(at: $0, megabytes: 64) })
    self.disk = try #require(disk)
    load = try world.load("1")
    try eventually("letters leave") { [world] in try world.taken().count > 20 }
  }

  /// It says what it cannot do, and does what it can.
  private func checkRefusals() throws {
    let (shop, book) = (world.shop, world.book)
    try eventually("clients are refused") { book.refusals > 10 }
    let event: JSONValue = ["type": "page", "contact": ["id": "ann"]]
    let refused = try shop.call("POST", "/v1/events", event)
    #expect(refused.status == 503)
    #expect(refused.header("retry-after") != nil)
    let before = book.acknowledged.count
    try world.endure()
    #expect(book.acknowledged.count == before, "202 of what cannot be stored")
    #expect(try shop.call("PUT", "/v1/contacts/ann", ["locale": "ru"]).status == 503)
    #expect(try shop.call("GET", "/v1/messages").status == 200)
    #expect(try shop.call("GET", "/readyz").status == 503)
  }

  @Test("by somebody's hand: events are 503 until it can be written again, and then all is well again by itself")
  func immutable() throws {
    try disk.setImmutable(true)
    try checkRefusals()
    try disk.setImmutable(false)
    try world.recover(load)
    disk.remove()
  }

  @Test(
    "by the kernel after an error: events are 503, an end is clean, a start is refused; mounted anew nothing is lost")
  func remounted() throws {
    let zveno = try #require(world.shop.zveno)
    // Not in the middle of a sync: where the journal ends between its beginning and its end, the kernel may say that all
    // is well of what it has given up (fsync waits for a transaction that is there no more).
    try zveno.whileStopped { try disk.fail() }
    try checkRefusals()
    #expect(world.shop.close() == 0)
    load.end()
    let run = try Zveno.run(["serve", "--listen", "127.0.0.1:0", "--data", world.shop.dataPath])
    #expect(run.status == 69, "\(run.output)")
    #expect(run.output.split(separator: "\n").count == 1, "\(run.output)")
    try disk.repair()
    try world.shop.open()
    try world.settle()
    try world.check()
    disk.remove()
  }
}
