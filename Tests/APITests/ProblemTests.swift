import Domain
import HTTP
import JSON
import SQL
import Testing

import struct Domain.Issue

@testable import API

@Suite struct ProblemTests {
  private func body(_ problem: Problem) throws -> JSONValue { try JSONValue(parsing: problem.response.body) }

  @Test("a problem is application/problem+json with a stable type")
  func shape() throws {
    let problem = Problem.badRequest("expected a list, got a string")
    #expect(problem.response.header("Content-Type") == "application/problem+json")
    #expect(
      try body(problem) == [
        "type": "urn:zveno:problem:bad_request", "title": "The request cannot be read", "status": 400,
        "detail": "expected a list, got a string",
      ])
  }

  @Test("errors of a refused document stand in it with their places")
  func errors() throws {
    let issue = Issue(pointer: "/email", line: 2, column: 9, code: .badValue, detail: "expected an e-mail address")
    let problem = Problem(Refusal([issue]))
    #expect(problem.status == 422)
    #expect(try body(problem)["errors"]?.array == [issue.json])
  }

  @Test("an overloaded store is 503 with the time to try again")
  func overload() {
    let problem = Problem(StoreUnavailable(retryAfterSeconds: 7, reason: "the disk is full"))
    #expect(problem.status == 503)
    #expect(problem.response.header("Retry-After") == "7")
    #expect(!String(decoding: problem.response.body, as: UTF8.self).contains("disk"))
  }

  @Test("an error that nobody expected says nothing of the inside")
  func unexpected() throws {
    struct Secret: Error { let password = "hunter2" }
    let problem = Problem(Secret())
    #expect(problem.status == 500)
    #expect(!problem.response.body.isEmpty)
    #expect(try body(problem)["detail"]?.string?.contains("hunter2") == false)
  }

  @Test("broken JSON names line and column")
  func malformed() throws {
    let error = #expect(throws: Problem.self) {
      try JSONNode(body: Array("{\n  \"a\": }".utf8), limits: JSONLimits())
    }
    #expect(error?.status == 400)
    #expect(error?.errors.first?.line == 2)
    #expect(error?.errors.first?.column == 8)
    #expect(error?.detail?.hasPrefix("line 2, column 8: expected") == true)
  }
}
