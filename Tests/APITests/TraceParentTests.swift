import HTTP
import SQL
import Testing

@testable import API

@Suite struct TraceParentTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let rest = trace + "-00f067aa0ba902b7-01"

  @Test(
    arguments: [
      ("00-" + rest, true), ("cc-" + rest, true), ("cc-" + rest + "-more", true),
      ("00-" + rest + "-more", false), ("cc-" + rest + "more", false), ("ff-" + rest, false),
      ("00-" + rest.uppercased(), false), ("00-" + String(repeating: "0", count: 32) + "-00f067aa0ba902b7-01", false),
      ("00-" + trace + "-0000000000000000-01", false), ("00-" + trace + "-00f067aa0ba902b7", false),
      ("0x-" + rest, false), ("", false), ("00_" + rest, false), ("00-" + trace + "-00f067aa0ba902b7-0g", false),
    ])
  func `a trace's id is taken from a header that is well-formed`(_ text: String, _ isGood: Bool) {
    #expect(TraceParent(text)?.traceID == (isGood ? Self.trace : nil))
    #expect(TraceParent(Headers([("Traceparent", text)]))?.traceID == (isGood ? Self.trace : nil))
    #expect(TraceParent(Headers([("traceparent", text), ("traceparent", text)])) == nil)
  }

  @Test func `lines of the log about a request carry its trace, its key and its route, and no path`() throws {
    let api = try TestAPI()
    let header = [(name: "traceparent", value: "00-" + Self.rest)]
    #expect(api.call("GET", "/v1/contacts/ann", headers: header).status == 404)
    #expect(
      api.lines.all.last
        == "debug answered client=127.0.0.1 key=admin method=GET route=/v1/contacts/{id} seconds=0.0 status=404 trace_id=\(Self.trace)"
    )
    #expect(api.call("GET", "/v1/contacts/ann", headers: [("traceparent", "nonsense")]).status == 404)
    #expect(api.lines.all.last?.contains("trace_id") == false)
    try api.writer.perform { db, _ in try db.execute("ALTER TABLE consents RENAME TO gone") }
    #expect(api.call("PUT", "/v1/contacts/ann", "{}", headers: header).status == 500)
    let failed = try #require(api.lines.all.first { $0.hasPrefix("error a request failed") })
    #expect(failed.contains("trace_id=\(Self.trace)") && failed.contains("route=/v1/contacts/{id}"))
  }
}
