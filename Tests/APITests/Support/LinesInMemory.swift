import Logging
import Synchronization

/// Keeps what is logged, as `level message key=value …` in the order of the keys.
final class LinesInMemory: LogHandler {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  var logLevel: Logger.Level {
    get { .debug }
    set {}
  }

  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) {
    let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    lines.withLock { $0.append("\(event.level) \(event.message)\(fields)") }
  }
}
