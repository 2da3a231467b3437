import API
import Domain
import JSON
import Logging
import Synchronization

/// The level of all loggers, which may change while they log.
final class LogLevel: Sendable {
  private let current: Mutex<Logger.Level>

  init(_ settings: LogSettings) { current = Mutex(Logger.Level(rawValue: settings.level.rawValue) ?? .info) }

  var level: Logger.Level {
    get { current.withLock { $0 } }
    set { current.withLock { $0 = newValue } }
  }

  var control: LogControl { LogControl(level: { [self] in level }, set: { [self] in level = $0 }) }
}

/// Writes log entries to stderr, one a line: for people or as JSON. What reaches it holds no personal data: callers log
/// ids, counts and reasons, never addresses or contents.
struct LogLines: LogHandler {
  let format: LogSettings.Format
  let label: String
  var metadata: Logger.Metadata = [:]
  private let common: LogLevel
  /// One logger's own; nil: the one of all.
  private var own: Logger.Level?

  var logLevel: Logger.Level {
    get { own ?? common.level }
    set { own = newValue }
  }

  init(label: String, format: LogSettings.Format, level: LogLevel) {
    (self.label, self.format, common) = (label, format, level)
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let time = Timestamp(milliseconds: SystemClock.wall()).rfc3339
    let level = event.level.rawValue
    let line =
      switch format {
      case .text: Self.text(time, level, label, event.message.description, fields)
      case .json: Self.json(time, level, label, event.message.description, fields)
      }
    Terminal.error(line)
  }

  private typealias Fields = [(key: String, value: Logger.Metadata.Value)]

  private static func text(
    _ time: String, _ level: String, _ label: String, _ message: String, _ fields: Fields
  ) -> String {
    let tail = fields.map { " \($0.key)=\(oneLine($0.value.description))" }.joined()
    let padding = String(repeating: " ", count: max(0, 7 - level.count))
    return "\(time) \(level)\(padding) \(label): \(oneLine(message))\(tail)"
  }

  private static func json(
    _ time: String, _ level: String, _ label: String, _ message: String, _ fields: Fields
  ) -> String {
    var object = JSONObject()
    object["time"] = .string(time)
    object["level"] = .string(level)
    object["from"] = .string(label)
    object["message"] = .string(message)
    for (key, value) in fields where object[key] == nil { object[key] = .string(value.description) }
    return JSONValue.object(object).text
  }

  /// A line stays one line whatever an error text holds.
  private static func oneLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }
}
