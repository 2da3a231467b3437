import Domain
import JSON
import SQL
import Testing

@testable import API

@Suite struct RfmRoutesTests {
  private func moment(_ text: String) throws -> Int64 { try #require(Timestamp(rfc3339: text)).milliseconds }

  @Test func `the grid, the boundaries and a contact's own scores are shown`() throws {
    let api = try TestAPI()
    // The engine has looked at its first moment before time goes on.
    try api.settle()
    let empty = api.call("GET", "/v1/analytics/rfm").json
    #expect(empty["state"] == "waiting")
    #expect(empty["boundaries"] == .null && empty["next_at"] == .null)
    api.now = try moment("2026-03-03T00:00:00Z")
    for buyer in 1...5 {
      for _ in 0..<buyer {
        let event = #"{"type":"purchase","contact":{"id":"c\#(buyer)"},"properties":{"total":\#(buyer).50}}"#
        _ = api.call("POST", "/v1/events", event)
      }
      try api.settle()
    }
    #expect(api.call("GET", "/v1/analytics/rfm").json["next_at"] == "2026-03-09T04:00:00.000Z")
    #expect(api.call("GET", "/v1/contacts/c2").json["rfm"]?["recency"] == nil)
    api.now = try moment("2026-03-09T04:00:00Z")
    try api.settle()

    let overview = api.call("GET", "/v1/analytics/rfm").json
    #expect(overview["state"] == "ready" && overview["version"] == 1 && overview["contacts"] == 5)
    #expect(overview["next_at"] == "2026-03-16T04:00:00.000Z")
    let boundaries = try #require(overview["boundaries"])
    #expect(
      boundaries.text
        == #"{"recency":[6.166667,6.166667,6.166667,6.166667],"frequency":[1.8,2.6,3.4,4.2],"#
        + #""monetary":[4.3,8.3,13.5,19.9]}"#)
    #expect(overview["versions"]?.array?.map { $0["computed_at"] } == ["2026-03-09T04:00:00.000Z"])
    let grid = try #require(overview["grid"]?.array)
    #expect(grid.count == 25)
    #expect(grid.first == ["recency": 5, "frequency": 5, "contacts": 1, "monetary": [0, 0, 0, 0, 1]])
    #expect(grid.last == ["recency": 1, "frequency": 1, "contacts": 0, "monetary": [0, 0, 0, 0, 0]])

    #expect(
      api.call("GET", "/v1/contacts/c2").json["rfm"] == [
        "recency": 5, "frequency": 2, "monetary": 2, "last_purchase_at": "2026-03-03T00:00:00.000Z", "purchases": 2,
        "amount": 5, "version": 1, "next_change_at": "2026-03-09T04:00:00.001Z",
      ])
    _ = api.call("PUT", "/v1/contacts/looker", "{}")
    #expect(api.call("GET", "/v1/contacts/looker").json["rfm"] == .null)
    #expect(api.call("GET", "/v1/analytics/rfm?by=city").status == 400)
  }
}
