import Foundation
import JSON
import Testing

/// System calls of the store that fail, one by one: what was not stored is never acknowledged, and the server lives.
@Suite("A failing disk", .onItsOwnThread, .serialized, .enabled(if: Tracer.isPossible, Tracer.whyNot))
struct FailingDiskTests {
  /// Which calls from the fault's beginning on; SQLite's own tests go on until nothing fails any more, as the full depth
  /// does here.
  private let depth = faultDepth ?? 3

  static let calls = [("fdatasync,fsync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC")]

  @Test("whichever sync or write fails once, only what is stored is acknowledged", arguments: calls)
  func once(call: String, error: String) throws {
    let world = try AxeWorld()
    for n in 1...depth { try fail(world, call, error, n) }
    // What the page cache holds outlives a kill, so nothing here depends on a clean end.
    world.shop.killHard()
    try world.shop.open()
    try world.settle()
    try world.check()
  }

  private func fail(_ world: AxeWorld, _ call: String, _ error: String, _ n: Int) throws {
    let zveno = try #require(world.shop.zveno)
    try world.settle()
    let lost = try Figures(world.shop)["zveno_store_failed_commits_total"] ?? 0
    let tracer = try Tracer(zveno, failing: call, error, when: String(n))
    var number = 0
    try eventually("a call fails") {
      let event = Posted(id: "\(n)-\(number)", kind: .order, contact: number)
      number += 1
      let refusals = world.book.refusals
      #expect(world.book.post([event], as: .single, port: zveno.port))
      // Nothing else was to be done: the first call is this event's own.
      if n == 1, number == 1 { #expect(world.book.refusals == refusals + 1, "acknowledged without a \(call)") }
      return tracer.count > 0
    }
    tracer.detach()
    try eventually("the lost round is counted") {
      try Figures(world.shop)["zveno_store_failed_commits_total"] ?? 0 > lost
    }
  }

  @Test("while every sync or write fails, events are 503 and the server lives; then it recovers", arguments: calls)
  func always(call: String, error: String) throws {
    let world = try AxeWorld()
    let load = try world.load("1")
    try eventually("letters leave") { try world.taken().count > 5 }
    let tracer = try Tracer(try #require(world.shop.zveno), failing: call, error, when: "1+")
    let event: JSONValue = ["type": "page", "contact": ["id": "ann"]]
    try eventually("it says so") { try world.shop.call("GET", "/readyz").status == 503 }
    let answer = try world.shop.call("POST", "/v1/events", event)
    #expect(answer.status == 503)
    #expect(answer.header("retry-after") != nil)
    try world.endure()
    #expect(try world.shop.call("POST", "/v1/events", event).status == 503)
    tracer.detach()
    try world.recover(load)
  }

  @Test("while every read of the file fails, no answer is false, and then all is well again")
  func reads() throws {
    let world = try AxeWorld()
    let load = try world.load("1")
    try eventually("letters leave") { try world.taken().count > 5 }
    let tracer = try Tracer(try #require(world.shop.zveno), failing: "pread64", "EIO", when: "1+")
    try eventually("a read fails") {
      for path in ["/v1/messages?limit=1000", "/v1/contacts/ann"] {
        let status = try world.shop.call("GET", path).status
        #expect([200, 404, 503].contains(status))
      }
      return tracer.count > 3
    }
    tracer.detach()
    try world.recover(load)
  }
}
