import Foundation

/// `{{secret.SMS_KEY}}` is the variable `ZVENO_SECRET_SMS_KEY`, or what stands in the file that
/// `ZVENO_SECRET_SMS_KEY_FILE` names, without the line end at its end. Never from the configuration itself, and never
/// into a log or an answer.
struct Secrets: Sendable {
  static let prefix = "ZVENO_SECRET_"

  private let environment: [String: String]

  init(environment: [String: String]) { self.environment = environment }

  /// Nil when neither is set; throws when a file is named and cannot be read.
  func value(_ name: String) throws -> String? {
    try Self.value(of: Self.prefix + name, environment)
  }

  /// The variable itself, or the content of the file named by it with `_FILE`; empty is as good as none.
  static func value(of variable: String, _ environment: [String: String]) throws -> String? {
    if let value = environment[variable], !value.isEmpty { return value }
    guard let path = environment[variable + "_FILE"], !path.isEmpty else { return nil }
    guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
      throw Refused("\(variable)_FILE: cannot read \(path)", status: ExitStatus.configuration)
    }
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}
