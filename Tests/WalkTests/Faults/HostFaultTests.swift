import Foundation
import Glibc
import JSON
import Testing

/// What a host does to a server that is hard at work.
@Suite("Faults of the host under load", .onItsOwnThread, .serialized)
struct HostFaultTests {
  @Test("a foreign lock on the file: 503 until it goes, nothing acknowledged is lost, no letter comes twice")
  func foreignLock() throws {
    let world = try AxeWorld()
    let load = try world.load("1")
    try eventually("letters leave") { try world.taken().count > 5 }
    let lock = try ForeignLock(world.shop.dataPath + "/zveno.sqlite")
    try eventually("clients are refused") { world.book.refusals > 0 }
    try world.endure()
    try lock.release()
    try world.recover(load)
  }

  @Test("stopped and continued: it goes on where it was, no letter comes twice")
  func stopped() throws {
    let world = try AxeWorld()
    let load = try world.load("1")
    try eventually("letters leave") { try world.taken().count > 5 }
    let zveno = try #require(world.shop.zveno)
    zveno.signal(SIGSTOP)
    try world.endure(seconds: stoppedSeconds, answering: false)
    zveno.signal(SIGCONT)
    try world.checkPulse()
    try world.recover(load)
  }

  @Test(
    "the clock set an hour forth and back: a wait ends once and never early, and the log says so",
    .enabled(if: WallClock.isPossible, WallClock.whyNot))
  func clock() throws {
    let clock = try WallClock()
    let shop = try Shop(clock: nil, mail: ["--journal"], opens: false)
    try shop.open(environment: clock.environment)
    try shop.ann()
    try shop.template("letter", ["subject": "Hello {{trigger.n}}", "text": "Hello"])
    try shop.publish(
      "later",
      [
        "enter": ["event": "signup"], "per": "n", "reenter": "always",
        "steps": [["wait": "30m"], ["send": "email", "template": "letter"]],
      ])
    func subjects() throws -> [String] { try shop.mail.journal().map { try Taken(line: $0).event } }
    try shop.event("signup", ["n": "first"])
    try clock.set(seconds: 3600)
    try eventually("half an hour is over") { try subjects() == ["first"] }
    try shop.event("signup", ["n": "second"])
    try clock.set(seconds: 0)
    try shop.event("signup", ["n": "third"])
    let zveno = try #require(shop.zveno)
    try eventually("both steps are in the log") {
      zveno.written.components(separatedBy: "the clock on the wall was set").count == 3
    }
    try clock.set(seconds: 3600)
    try shop.event("signup", ["n": "fourth"])
    try eventually("every event has acted") { try Figures(shop)["zveno_engine_unread_events"] == 0 }
    #expect(try subjects() == ["first"])
    try clock.set(seconds: 7200)
    try eventually("all waits have ended") { try subjects().count == 4 }
    try eventually("nothing is left") { try Figures(shop).areSettled }
    #expect(Set(try subjects()) == ["first", "second", "third", "fourth"])
    #expect(shop.close() == 0)
  }

  @Test(
    "more connections than descriptors: 503 for those too many, who was there before is served, letters leave, and then all is well again"
  )
  func descriptors() throws {
    let world = try AxeWorld(under: ["prlimit", "--nofile=64:64"])
    let port = try #require(world.shop.zveno).port
    let event = Posted(id: "early", kind: .visit, contact: 1)
    let kept = try KeptConnection(port)
    #expect(world.book.post([event], as: .single, port: port, over: kept))
    var crowd = try (0..<500).map { _ in try Call.connect(port) }
    // The backlog takes all of them; the server takes what it has room for, and cuts the rest.
    try eventually("one more is refused") { (try? world.shop.call("GET", "/healthz").status) == 503 }
    for (number, form) in Posted.Form.allCases.enumerated() {
      let event = Posted(id: "late-\(number)", kind: .order, contact: number)
      #expect(world.book.post([event], as: form, port: port, over: kept), "no answer")
    }
    #expect(world.book.acknowledged.count == 4, "\(world.book.refusals) refused")
    #expect(try world.shop.call("GET", "/healthz").status == 503, "there is still none left")
    try eventually("a letter needs a descriptor, too") { try world.taken().count == 4 }
    crowd.forEach { Glibc.close($0) }
    crowd = []
    try eventually("it answers again") { (try? world.shop.call("GET", "/healthz").status) == 200 }
    #expect(try Figures(world.shop)["zveno_http_connections_refused_total"] ?? 0 > 400)
    try world.recover(try world.load("1"))
  }

  @Test(
    "more bodies than memory: 503, and the kernel has no reason to end it",
    .enabled(if: ControlGroup.isPossible, ControlGroup.whyNot))
  func memory() throws {
    let group = try ControlGroup(megabytes: 192)
    let world = try AxeWorld(under: group.entering)
    let port = try #require(world.shop.zveno).port
    let load = HeavyLoad(port: port, clients: 24, callsEach: 1)
    let statuses = load.run()
    #expect(Set(statuses).isSubset(of: [202, 503]), "\(statuses)")
    #expect(statuses.contains(202) && statuses.contains(503), "\(statuses)")
    try world.endure(seconds: 0)
    let other = try world.load("1")
    try world.recover(other)
    let stored = try Books(world.shop.dataPath + "/zveno.sqlite").events(ofType: HeavyLoad.type)
    #expect(stored == load.accepted, "202 is what is stored, and nothing else is")
    withExtendedLifetime(group) {}
  }

  @Test("a log on a full disk: nobody notices but who reads it")
  func fullLog() throws {
    let world = try AxeWorld(under: ["sh", "-c", "exec \"$@\" 2>/dev/full", "sh"])
    let load = try world.load("1")
    let lock = try ForeignLock(world.shop.dataPath + "/zveno.sqlite")
    try eventually("there is something to log") { world.book.refusals > 0 }
    try lock.release()
    try world.recover(load)
  }
}
