import Foundation
import JSON
import SQL
import Synchronization
import Testing
import Threads

/// What was answered is there for whoever asks next.
///
/// `ZVENO_RACES=100000` asks so often instead of a thousand times.
@Suite struct ReadYourWritesTests {
  private static let times = Int(ProcessInfo.processInfo.environment["ZVENO_RACES"] ?? "") ?? 1000
  private static let callers = 4

  @Test func `an event that was answered is seen by conditions and by calls, asked at once while others write`() throws
  {
    let api = try TestAPI()
    // Enters where the condition sees the event that its trigger names.
    let chain = """
      {"enter":{"event":"ask"},"only_if":{"did":"view","same":"n"},"reenter":"always","steps":[{"exit":"seen"}]}
      """
    #expect(api.call("PUT", "/v1/chains/seen", chain).status == 201)
    #expect(api.call("POST", "/v1/chains/seen/publish").status == 200)
    let each = max(1, Self.times / Self.callers)
    // What was not there, and where.
    let unseen = Mutex<[String]>([])
    let threads = (0..<Self.callers).map { caller in
      WorkerThread(name: "caller") { Self.call(api, caller, each) { line in unseen.withLock { $0.append(line) } } }
    }
    for thread in threads { thread.join() }
    #expect(unseen.withLock { $0 } == [])
    try api.settle()
    let seen = try api.writer.perform { db, _ in
      try db.first("SELECT count(*) FROM runs WHERE reason = 'seen'") { $0.int(0) } ?? 0
    }
    #expect(seen == Int64(each * Self.callers))
  }

  /// One caller's writes, and what he reads after each.
  private static func call(_ api: TestAPI, _ caller: Int, _ count: Int, missed: (String) -> Void) {
    let name = "c\(caller)"
    var known: Int64 = 0
    for number in 0..<count {
      func event(_ type: String) -> String {
        #"{"id":"\#(type)-\#(caller)-\#(number)","type":"\#(type)","contact":{"id":"\#(name)"},"properties":{"n":\#(number)}}"#
      }
      let written = api.call("POST", "/v1/events", event("view"))
      let listed = api.call("GET", "/v1/events?since=\(known)&limit=1000").items
      known = listed.last?["seq"]?.number?.int ?? known
      let told = api.call("GET", "/v1/contacts/\(name)/timeline?limit=2").items
      let asked = api.call("POST", "/v1/events", event("ask"))
      let id = "view-\(caller)-\(number)"
      func miss(_ place: String, _ isMissed: Bool) { if isMissed { missed("\(id) \(place)") } }
      miss("not written", written.status != 202)
      miss("not listed", !listed.contains { $0["id"]?.string == id })
      miss("not in the timeline", !told.contains { $0["id"]?.string == id })
      miss("not asked", asked.status != 202)
    }
  }
}
