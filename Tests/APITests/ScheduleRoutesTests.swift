import HTTP
import JSON
import Testing

/// Broadcasts as they are published. The clock stands at 2026-03-02T12:00:00Z.
@Suite struct ScheduleRoutesTests {
  private func chain(_ time: String, step: String = #"{"exit":"done"}"#) -> String {
    #"{"enter":{"schedule":"\#(time)","to":{"contact":{"city":"Kazan"}}},"steps":[\#(step)]}"#
  }

  @Test("a broadcast that is past cannot be published")
  func past() throws {
    let api = try TestAPI()
    #expect(api.call("PUT", "/v1/chains/news", chain("2026-03-01T10:00")).status == 201)
    let answer = api.call("POST", "/v1/chains/news/publish", "{}")
    #expect(answer.status == 422)
    #expect(answer.pointers == ["/enter/schedule"])
  }

  @Test("one that has been published stays in the document when it is past, with a warning")
  func republished() throws {
    let api = try TestAPI()
    #expect(api.call("PUT", "/v1/chains/news", chain("2026-03-08T10:00")).status == 201)
    let first = api.call("POST", "/v1/chains/news/publish", "{}")
    #expect(first.status == 200)
    #expect(first.json["warnings"]?.array?.isEmpty == true)
    api.now = 1_773_316_800_000
    #expect(api.call("PUT", "/v1/chains/news", chain("2026-03-08T10:00", step: #"{"exit":"over"}"#)).status == 200)
    let second = api.call("POST", "/v1/chains/news/publish", "{}")
    #expect(second.status == 200)
    #expect(second.json["warnings"]?.array?.map { $0["pointer"] } == ["/enter/schedule"])
  }
}
