import Foundation
import JSON
import Testing

@Suite struct SelfTestWalkTests {
  @Test("a self-test measures every part and leaves nothing behind")
  func figures() throws {
    let parent = FileManager.default.temporaryDirectory.appending(path: "selftest-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: parent) }
    let (status, output) = try Zveno.run(["selftest", "--json", "--seconds", "1", "--data", parent.path], seconds: 180)
    #expect(status == 0, "\(output)")
    let report = try JSONValue(parsing: Array(output.trimmingCharacters(in: .whitespacesAndNewlines).utf8))
    let parts = [
      "syncs", "read_events", "events", "batched_events", "decided_events", "woken_runs", "messages", "scrapes",
    ]
    for part in parts {
      #expect((report[part]?["per_second"]?.number?.int ?? 0) > 0, "\(part): \(output)")
    }
    #expect(report["events"]?["p99_ms"] != nil)
    #expect((report["resident_bytes"]?.number?.int ?? 0) > 10_000_000)
    #expect(try FileManager.default.contentsOfDirectory(atPath: parent.path).isEmpty)
  }

  @Test("a folder that cannot be used is said in one line")
  func refused() throws {
    let (status, output) = try Zveno.run(["selftest", "--data", "/nowhere/at/all"])
    #expect(status == 69)
    #expect(output.contains("no folder can be made in /nowhere/at/all"))
  }
}
