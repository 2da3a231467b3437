import Domain
import Foundation
import Ingest
import SQL
import Synchronization
import Testing

@testable import Engine

/// Decisions that end the process.
@Suite struct PoisonTests {
  /// Lines for the log.
  private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  /// Two chains that lead to each other. The line that stops them is written in the middle of a decision: whoever takes
  /// it may end the process there.
  private static func circle(_ path: String? = nil, report: @escaping (String) -> Void) throws -> EngineWorld {
    // An event a round, so that each is committed before the next.
    try EngineWorld(in: path, slice: Engine.Slice(events: 1), report: report)
  }

  @Test func `what has ended three processes is left aside by the fourth, and the others go on`() async throws {
    let lines = Lines()
    let world = try Self.circle { _ in }
    try world.publish("a", #"{"enter":[{"event":"go"},{"api":true}],"reenter":"always","steps":[{"enter":"b"}]}"#)
    try world.publish("b", #"{"enter":{"api":true},"reenter":"always","steps":[{"enter":"a"}]}"#)
    try world.publish("calm", #"{"enter":{"event":"hello"},"steps":[{"wait":"8h"}]}"#)
    try world.write(once: true) { db, now, world in
      _ = try world.log.append([IncomingEvent(type: "go", keys: ContactKeys(id: "ann"))], now: now.milliseconds, db)
    }
    let path = world.folder.path
    // A trap, an abort, and what the system does for want of memory.
    await #expect(processExitsWith: .failure) { [path = path as String] in
      try PoisonTests.circle(path) { _ in
        let none: Int? = Int("")
        _ = none!
      }.settle()
    }
    await #expect(processExitsWith: .signal(SIGABRT)) { [path = path as String] in
      try PoisonTests.circle(path) { _ in abort() }.settle()
    }
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      try PoisonTests.circle(path) { _ in kill(getpid(), SIGKILL) }.settle()
    }
    let fourth = try Self.circle(path) { lines.add($0) }
    #expect(fourth.engine.poison.lastEnd?.ends == 3)
    try fourth.settle()
    try fourth.happen("hello", "bob")
    #expect(lines.all.count == 1)
    #expect(lines.all.first?.hasPrefix("an entry into ") ?? false)
    #expect(
      lines.all.first?.contains("left out: 3 times the server's process has ended in the middle of an entry") ?? false)
    #expect(fourth.engine.isAtEnd)
    #expect(fourth.engine.metrics.leftAside == 1)
    #expect(fourth.counters.chains.filter { $0.key.outcome == "entry_left_aside" }.values.reduce(0, +) == 1)
    #expect(try fourth.runs.last == "active 0")
    #expect(try fourth.findings() == [])
    // The next has nothing to remember.
    #expect(PoisonGuard(try LastingWords(path: fourth.words)).lastEnd == nil)
  }

  /// As processes leave it that end in the middle of a decision, one after the other.
  private func end(_ count: Int, deciding decision: PoisonGuard.Decision, _ path: String) throws {
    for _ in 0..<count {
      try PoisonGuard(try LastingWords(path: path)).attempt(decision) {
        _ = PoisonGuard(try LastingWords(path: path))
      }
    }
  }

  private static let eight = "2026-03-02T17:00:00Z"

  /// Ann and Bob wait, and are due at the same time.
  private func waiting(_ lines: Lines = Lines(), more: String = "") throws -> (EngineWorld, PoisonGuard.Decision) {
    let world = try EngineWorld(report: { lines.add($0) })
    try world.publish(
      "cart", #"{"enter":{"event":"cart"},"steps":[{"wait":"8h"},{"send":"email","template":"a"}]\#(more)}"#)
    try world.happen("cart", "ann")
    try world.happen("cart", "bob")
    let due = try #require(Timestamp(rfc3339: Self.eight)).milliseconds
    return (world, PoisonGuard.Decision(.timer, 1, due))
  }

  @Test func `a run that has ended three processes ends with an error, and others due with it act`() throws {
    let lines = Lines()
    let (world, decision) = try waiting(lines, more: #","at_end":[{"list":"done","add":true}]"#)
    try end(3, deciding: decision, world.words)
    try world.restart()
    try world.time(Self.eight)
    #expect(try world.runs == ["ended error 0", "active 1"])
    #expect(try world.messages.count == 1)
    #expect(lines.all.count == 1)
    #expect(lines.all.first?.hasPrefix("a run of cart was ended: 3 times") ?? false)
    #expect(world.counters.chains.filter { $0.key.outcome == "error" }.values.reduce(0, +) == 1)
    // What a chain does at the end of every run it does for this one too.
    #expect(try world.query("SELECT count(*) FROM list_members") { $0.int(0) } == [1])
    #expect(try world.findings() == [])
  }

  @Test func `a run whose end ends the process, too, ends without what the chain does then`() throws {
    let (world, decision) = try waiting(more: #","at_end":[{"list":"done","add":true}]"#)
    try end(3, deciding: decision, world.words)
    try end(3, deciding: PoisonGuard.Decision(.end, 1, 0), world.words)
    try world.restart()
    try world.time(Self.eight)
    #expect(try world.runs == ["ended error 0", "active 1"])
    #expect(try world.query("SELECT count(*) FROM list_members") { $0.int(0) } == [0])
    #expect(try world.findings() == [])
  }

  @Test func `a run that was being decided when healthy processes were killed goes on, and that is forgotten`() throws {
    let (world, decision) = try waiting()
    try end(2, deciding: decision, world.words)
    try world.restart()
    #expect(world.engine.poison.lastEnd == nil)
    try world.time(Self.eight)
    #expect(try world.runs == ["active 1", "active 1"])
    try end(2, deciding: decision, world.words)
    #expect(try PoisonGuard(try LastingWords(path: world.words)).attempt(decision) { true })
  }

  @Test func `what is decided in a round that is lost is not forgotten`() throws {
    let words = LastingWords()
    let decision = PoisonGuard.Decision(.timer, 1, 2)
    for _ in 0..<2 { try PoisonGuard(words).attempt(decision) { _ = PoisonGuard(words) } }
    let third = PoisonGuard(words)
    try third.attempt(decision) {}
    third.rolledBack()
    third.committed()
    try third.attempt(decision) { _ = PoisonGuard(words) }
    #expect(throws: Poison.self) { try PoisonGuard(words).attempt(decision) {} }
  }

  @Test func `what is only asked about, for another's sake, is neither decided nor forgotten`() throws {
    let words = LastingWords()
    let decision = PoisonGuard.Decision(.message, 1, 0)
    for _ in 0..<3 { try PoisonGuard(words).attempt(decision, settles: false) { _ = PoisonGuard(words) } }
    let fourth = PoisonGuard(words)
    for _ in 0..<2 {
      #expect(throws: Poison.self) { try fourth.attempt(decision, settles: false) {} }
      fourth.committed()
    }
    #expect(fourth.leftAside == 0)
    #expect(throws: Poison.self) { try fourth.attempt(decision) {} }
    fourth.committed()
    #expect(fourth.leftAside == 1)
    try fourth.attempt(decision) {}
  }

  @Test func `an end in the middle of a decision within a decision is that of the inner one`() throws {
    let words = LastingWords()
    let (outer, inner) = (PoisonGuard.Decision(.event, 1, 2), PoisonGuard.Decision(.end, 3, 0))
    let first = PoisonGuard(words)
    try first.attempt(outer) {
      try first.attempt(inner) { #expect(PoisonGuard(words).lastEnd?.decision == inner) }
      #expect(PoisonGuard(words).lastEnd?.decision == outer)
    }
    #expect(PoisonGuard(words).lastEnd == nil)
  }

  @Test func `however many decisions have ended a process once, those that did three times are known`() throws {
    let words = LastingWords()
    let poison = PoisonGuard.Decision(.timer, 1, 2)
    for _ in 0..<3 { try PoisonGuard(words).attempt(poison) { _ = PoisonGuard(words) } }
    for run in 2...300 as ClosedRange<Int64> {
      try PoisonGuard(words).attempt(PoisonGuard.Decision(.timer, run, 2)) { _ = PoisonGuard(words) }
    }
    #expect(throws: Poison.self) { try PoisonGuard(words).attempt(poison) {} }
  }

  @Test func `what a file says that nobody wrote for this is begun anew`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "zveno-words-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(repeating: 7, count: 4096).write(to: URL(filePath: path))
    #expect(PoisonGuard(try LastingWords(path: path)).lastEnd == nil)
    try Data(repeating: 7, count: 3).write(to: URL(filePath: path))
    #expect(PoisonGuard(try LastingWords(path: path)).lastEnd == nil)
  }
}
