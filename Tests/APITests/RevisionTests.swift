import HTTP
import Testing

@testable import API

@Suite struct RevisionTests {
  private func call(_ headers: [(name: String, value: String)]) -> Call {
    Call(request: Request(method: "PUT", path: "/", headers: Headers(headers)), parameters: [:], caller: nil)
  }

  @Test(
    "a change goes through when its conditions hold, else 412",
    arguments: [
      ([], 3, true), ([], nil, true),
      ([("If-Match", "\"3\"")], 3, true), ([("If-Match", "\"2\", \"3\"")], 3, true), ([("If-Match", "*")], 3, true),
      ([("If-Match", "W/\"3\"")], 3, true), ([("If-Match", "\"3-x4_-q\"")], 3, true),
      ([("If-Match", "W/\"3-x4_-q\"")], 3, true), ([("If-Match", "\"2-x4_-q\"")], 3, false),
      ([("If-Match", "\"3-")], 3, false), ([("If-Match", "\"33\"")], 3, false),
      ([("If-Match", "\"2\"")], 3, false), ([("If-Match", "3")], 3, false), ([("If-Match", "\"3\"")], nil, false),
      ([("If-Match", "*")], nil, false),
      ([("If-None-Match", "*")], nil, true), ([("If-None-Match", "*")], 3, false),
    ] as [([(name: String, value: String)], Int64?, Bool)])
  func conditions(headers: [(name: String, value: String)], current: Int64?, passes: Bool) {
    let call = call(headers)
    if passes {
      #expect(throws: Never.self) { try Revision.check(call, current: current.map { Revision($0) }) }
    } else {
      let problem = #expect(throws: Problem.self) { try Revision.check(call, current: current.map { Revision($0) }) }
      #expect(problem?.status == 412)
    }
  }
}
