import Delivery
import Domain
import Engine
import Erasure
import HTTP
import JSON
import SQL

/// `GET /v1/contacts/{id}/export`: everything that is held about a person, as one JSON document for him to take along.
enum ExportRoutes {
  static func all(_ stages: Stages) -> [Route] {
    [
      Route(
        "GET", "/v1/contacts/{id}/export", .scopes([.read]),
        .custom { call, reply in
          try call.requireQuery([])
          PersonCopy(call["id"], stages, reply).begin()
        })
    ]
  }
}

/// The copy in the making: a page of rows at a time goes from the readers into a file without a name, so that memory is
/// bounded and no reader is held; then the file is the answer. What comes in meanwhile may be in it or not.
private final class PersonCopy: @unchecked Sendable {
  // Unchecked: one page is read after the other, never two at once.
  private static let page = 200

  private let id: String
  private let stages: Stages
  private let reply: Reply
  private let history: ContactHistory
  private var file: ScratchText?

  init(_ id: String, _ stages: Stages, _ reply: @escaping Reply) {
    (self.id, self.stages, self.reply) = (id, stages, reply)
    history = ContactHistory(stages.timeline)
  }

  func begin() {
    stages.slice(reply) { [self] db in
      let contact = try People().required(id, db)
      let file = try ScratchText(under: stages.scratchFolder)
      self.file = file
      try file.write("{\"exported_at\":\(JSONValue.string(Timestamp(milliseconds: stages.now()).rfc3339).text)")
      for (name, value) in try PersonRecords.all(of: contact, db) { try file.write(",\"\(name)\":\(value.text)") }
      try file.write(",\"messages\":[")
      messages(of: contact.row, after: 0)
    }
  }

  private func messages(of contact: Int64, after id: Int64) {
    stages.slice(reply) { [self] db in
      let page = try MessageStore().page(
        MessageStore.Filter(contact: contact), after: id, limit: Self.page, db)
      for (index, message) in page.enumerated() {
        let comma = id == 0 && index == 0 ? "" : ","
        try file?.write(comma + MessageRoutes.whole(message, stages, db).text)
      }
      if page.count == Self.page, let last = page.last { return messages(of: contact, after: last.id) }
      try file?.write("],\"events\":[")
      events(of: contact, before: nil)
    }
  }

  private func events(of contact: Int64, before position: LogMoment?) {
    stages.slice(reply) { [self] db in
      let page = try history.page(of: contact, before: position, limit: Self.page, db)
      for (index, entry) in page.enumerated() {
        try file?.write((position == nil && index == 0 ? "" : ",") + entry.json.text)
      }
      if page.count == Self.page, let last = page.last { return events(of: contact, before: last.position) }
      try file?.write("]}\n")
      try finish()
    }
  }

  private func finish() throws {
    guard let file else { return }
    reply(.download(try file.body(), type: Response.jsonType, name: "export.json"))
  }
}
