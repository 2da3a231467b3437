import JSON

/// An event as a client sends it, under an id of its own.
struct Posted: Sendable, Hashable {
  enum Kind: String, CaseIterable {
    /// A letter at once.
    case order
    /// A letter after a wait.
    case visit
    /// No chain listens to it.
    case page
  }

  let id: String
  let kind: Kind
  /// Which of a few hundred people.
  let contact: Int

  var json: JSONValue {
    [
      "id": .string(id), "type": .string(kind.rawValue), "contact": ["email": .string("c\(contact)@example.com")],
      "properties": ["n": .string(id)],
    ]
  }

  /// How a call carries its events.
  enum Form: CaseIterable {
    case single, array, lines
  }

  /// Nil when the server hung up without an answer.
  /// - Parameter kept: a connection that is open already; nil: one of its own.
  static func post(_ events: [Posted], as form: Form, port: Int, over kept: KeptConnection? = nil) -> Answer? {
    let body: [UInt8] =
      switch form {
      case .single: events[0].json.serialized()
      case .array: JSONValue.array(events.map(\.json)).serialized()
      case .lines: Array(events.map { $0.json.text + "\n" }.joined().utf8)
      }
    let type = form == .lines ? "application/x-ndjson" : "application/json"
    let headers = [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", type)]
    if let kept { return try? kept.ask("POST", "/v1/events", headers: headers, body: body) }
    return try? Call.make("POST", "/v1/events", port: port, headers: headers, body: body)
  }
}
