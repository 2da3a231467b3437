import Domain
import Foundation

/// What the command line and the environment say of one start.
struct ServeOptions {
  var data: String
  var listen: ListenAddress?
  var configPath: String?
  var applyPath: String?
  var testTime: Timestamp?
  var logLevel: LogSettings.Level?
  var logFormat: LogSettings.Format?
  /// Nothing is to move or leave until a person says so.
  var startsHeld = false
  /// The key that tombstones were made with is gone for good.
  var erasureKeyIsLost = false
  var environment: [String: String]

  /// The configuration, with what the command line says over it. Prints its warnings; prints its errors and throws.
  func configuration() throws -> Configuration {
    var read: ReadConfiguration
    let shown = configPath ?? "configuration"
    do {
      let text = try configPath.map { try FileText.read($0) } ?? Array("{}".utf8)
      read = try Configuration.read(text, environment: environment)
    } catch let refusal as Refusal {
      CompilerStyle.print(refusal.issues, file: shown, severity: .error)
      throw Refused("the configuration is wrong: see above", status: ExitStatus.configuration)
    } catch let refused as Refused {
      throw Refused(refused.line, status: ExitStatus.configuration)
    }
    CompilerStyle.print(read.warnings, file: shown, severity: .warning)
    if let logLevel { read.configuration.log.level = logLevel }
    if let logFormat { read.configuration.log.format = logFormat }
    if let listen { read.configuration.listen = listen }
    return read.configuration
  }

  /// What `ZVENO_ADMIN_KEY` or the file named by `ZVENO_ADMIN_KEY_FILE` says.
  func adminKey() throws -> String? {
    guard let key = try Secrets.value(of: AdminKey.variable, environment) else { return nil }
    guard AdminKey.bytes.contains(key.utf8.count), key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Refused(
        "expected \(AdminKey.variable) to be \(AdminKey.bytes.lowerBound) to \(AdminKey.bytes.upperBound) printable "
          + "ASCII characters, got \(key.utf8.count) bytes",
        status: ExitStatus.configuration)
    }
    return key
  }
}
