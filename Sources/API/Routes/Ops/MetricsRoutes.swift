import HTTP
import SQL

/// `/metrics`: what every part of the server counts. Answers when the store cannot be read, too, with what is in memory.
enum MetricsRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let sources = stages.metrics
    let readers = stages.readers
    return [
      Route(
        "GET", "/metrics", .scopes([.metrics]),
        .custom { _, reply in
          readers.submit { db in
            reply((try? response(sources, db)) ?? memoryAlone(sources))
          } rejected: {
            reply(memoryAlone(sources))
          }
        })
    ]
  }

  private static func response(_ sources: [MetricsSource], _ db: Connection) throws -> Response {
    var text = MetricsText()
    try db.savepoint {
      for source in sources {
        switch source {
        case .memory(let write): write(&text)
        case .store(let write): try write(&text, db)
        }
      }
    }
    return answer(text, isStoreRead: true)
  }

  private static func memoryAlone(_ sources: [MetricsSource]) -> Response {
    var text = MetricsText()
    for case .memory(let write) in sources { write(&text) }
    return answer(text, isStoreRead: false)
  }

  private static func answer(_ text: MetricsText, isStoreRead: Bool) -> Response {
    var text = text
    text.single(
      "zveno_metrics_store_read", .gauge, "1 when what the store counts is in this answer.", isStoreRead ? 1 : 0)
    return Response(status: 200, headers: [("Content-Type", MetricsText.mediaType)], body: text.bytes)
  }
}
