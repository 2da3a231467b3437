import API
import Delivery
import Domain
import Foundation
import HTTP
import SQL
import Seeds
import Testing
import Threads

/// Unsubscribes while letters are due. The writer has its own thread; who unsubscribes does not wait for it.
///
/// `ZVENO_RACES=100000` runs so many pairs instead of a thousand.
@Suite struct UnsubscribeRaceTests {
  private static let races = Int(ProcessInfo.processInfo.environment["ZVENO_RACES"] ?? "") ?? 1000
  private static let atOnce = 100

  /// What happened to each contact, in which commit.
  private struct Page {
    var handedOver: [Int64: Int] = [:]
    var unsubscribed: [Int64: Int] = [:]
  }

  @Test func `nothing leaves by the commit of an unsubscribe that was answered, or by a later one`() throws {
    let (api, book) = (try TestAPI(), Monitor(Page()))
    // Both on the writer's thread, once their commit is counted.
    api.dispatch.answer = { [writer = api.writer] claim in
      book.update { $0.handedOver[claim.contact] = writer.metrics.commits }
      return .accepted(providerID: nil)
    }
    _ = api.call("PUT", "/v1/templates/hello", #"{"subject":"Hello","text":"Hi"}"#)
    let chain = #"{"enter":{"event":"signup"},"steps":[{"wait":"1h"},{"send":"email","template":"hello"}]}"#
    _ = api.call("PUT", "/v1/chains/hello", chain)
    #expect(api.call("POST", "/v1/chains/hello/publish").status == 200)
    var chance = Seeded(1)
    let cohorts = max(1, Self.races / Self.atOnce)
    for cohort in 0..<cohorts { try race(cohort, api, book, &chance) }

    let page = book.withLock { $0 }
    let count = cohorts * Self.atOnce
    #expect(page.unsubscribed.count == count)
    #expect(!page.unsubscribed.values.contains(-1), "every unsubscribe was answered with 200")
    for (contact, commit) in page.handedOver {
      let other = try #require(page.unsubscribed[contact])
      #expect(commit < other, "contact \(contact): handed over by commit \(commit), unsubscribed by \(other)")
    }
    // Neither is rare.
    let skipped = try api.writer.perform { db, _ in
      try db.first("SELECT count(*) FROM messages WHERE status = 'skipped' AND error = 'suppressed'") { $0.int(0) } ?? 0
    }
    #expect(page.handedOver.count + Int(skipped) == count)
    #expect(min(page.handedOver.count, Int(skipped)) * 20 > count)
  }

  private func race(_ cohort: Int, _ api: TestAPI, _ book: Monitor<Page>, _ chance: inout Seeded) throws {
    let first = Int64(cohort * Self.atOnce + 1)
    let contacts = first..<first + Int64(Self.atOnce)
    let events = contacts.map { #"{"type":"signup","contact":{"id":"c\#($0)","email":"c\#($0)@shop.example"}}"# }
    let answer = api.call("POST", "/v1/events", events.joined(separator: "\n"), type: "application/x-ndjson")
    #expect(answer.status == 202)
    try api.settle()
    let order = contacts.shuffled(using: &chance)
    // Some before anything is due, the others once some letters have left. They leave ten a round.
    let early = Int.random(in: 0...30, using: &chance)
    let before = book.withLock { $0.handedOver.count }
    let lead = before + Int.random(in: 0...30, using: &chance)
    for contact in order[..<early] { unsubscribe(contact, api, book) }
    api.now += 3_600_000
    api.writer.wake()
    book.wait { $0.handedOver.count >= lead ? () : nil }
    for contact in order[early...] { unsubscribe(contact, api, book) }
    book.wait { $0.unsubscribed.count == Int(first) - 1 + Self.atOnce ? () : nil }
    try api.settle()
  }

  /// Does not wait for the answer.
  private func unsubscribe(_ contact: Int64, _ api: TestAPI, _ book: Monitor<Page>) {
    let message = TrackedMessage(
      message: 0, contact: contact, channel: "email", chain: "hello", step: "1", template: "hello")
    let path = String(api.tracker.unsubscribeURL(message).dropFirst("https://go.shop.example".count))
    let request = Request(
      method: "POST", path: path, query: [], headers: Headers([("Content-Type", "application/x-www-form-urlencoded")]),
      body: Array("List-Unsubscribe=One-Click".utf8))
    api.api.answer(request) { [writer = api.writer] response in
      book.update { $0.unsubscribed[contact] = response.status == 200 ? writer.metrics.commits : -1 }
    }
  }
}
