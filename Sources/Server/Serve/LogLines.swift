import Domain
import JSON
import Logging

/// Writes log entries to stderr, one a line: for people or as JSON. What reaches it holds no personal data: callers log
/// ids, counts and reasons, never addresses or contents.
struct LogLines: LogHandler {
  let format: LogSettings.Format
  let label: String
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  init(label: String, settings: LogSettings) {
    (self.label, format) = (label, settings.format)
    logLevel = Logger.Level(rawValue: settings.level.rawValue) ?? .info
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
