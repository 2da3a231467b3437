import Foundation
import JSON
import Testing

@testable import Server

/// Two who change the same, with the real server between them.
@Suite("A folder applied while others edit", .onItsOwnThread)
struct ApplyRaceWalkTests {
  private static let chain = #"{"enter": {"event": "signup"}, "steps": [{"send": "email", "template": "hello"}]}"#

  private let shop: Shop
  private let files: ApplyFolder
  private let client: Client

  init() throws {
    shop = try Shop()
    try shop.folder.write(#"{"subject": "Hello", "text": "Hi"}"#, to: "files/templates/hello.json")
    try shop.folder.write(Self.chain, to: "files/chains/hello.json")
    files = try ApplyFolder.read(shop.folder.path + "/files", LimitSettings())
    client = Client(base: "http://127.0.0.1:\(try #require(shop.zveno).port)", key: Zveno.adminKey)
  }

  private func plan() async throws -> RemotePlan {
    try await RemotePlan(files, in: "files", client, Progress(told: false))
  }

  private func apply(_ plan: RemotePlan) async throws -> RemoteApply.Outcome {
    try await RemoteApply(client: client, runs: "pin", progress: Progress(told: false)).run(plan)
  }

  @Test("what was made or changed after the comparison is not written over", arguments: ["templates", "chains"])
  func refused(kind: String) async throws {
    let other: JSONValue =
      kind == "templates"
      ? ["subject": "Theirs", "text": "Hi"] : ["enter": ["event": "other"], "steps": [["wait": "1h"]]]
    func isTheirs() throws -> Bool {
      let now = try shop.ask("GET", "/v1/\(kind)/hello")
      return now["subject"] == "Theirs" || now["document"] == other
    }
    let made = try await plan()
    try shop.ask("PUT", "/v1/\(kind)/hello", other)
    let first = await #expect(throws: Refused.self) { try await apply(made) }
    #expect(first?.line.contains("changed on the server meanwhile") == true, "\(first?.line ?? "")")
    #expect(try isTheirs())

    let seen = try await plan()
    _ = try await apply(seen)
    #expect(try !isTheirs())
    let again = try await plan()
    #expect(again.changes.isEmpty)

    try shop.ask("PUT", "/v1/\(kind)/hello", other)
    let changed = try await plan()
    let later: JSONValue =
      kind == "templates" ? ["subject": "Later", "text": "Hi"] : ["enter": ["event": "x"], "steps": [["wait": "2h"]]]
    try shop.ask("PUT", "/v1/\(kind)/hello", later)
    let second = await #expect(throws: Refused.self) { try await apply(changed) }
    #expect(second?.line.contains("changed on the server meanwhile") == true, "\(second?.line ?? "")")
  }
}
