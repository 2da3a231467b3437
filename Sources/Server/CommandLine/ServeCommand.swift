import ArgumentParser
import Domain
import Foundation
import Glibc
import Logging

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Runs the server until it is told to stop (SIGTERM or Ctrl-C; twice: at once).",
    discussion: """
      The first start of a data folder makes an admin key and prints it once; ZVENO_ADMIN_KEY sets one instead.

      EXAMPLES
        zveno serve --data data
        zveno serve --data data --listen 127.0.0.1:0 --config config/zveno.json --apply config
        zveno serve --data trial --config config/zveno.json --apply config --test-clock 2026-03-02T09:00:00Z
      """.paragraphs)

  @Option(help: "The folder for the database; made if it does not exist.", completion: .directory)
  var data: String

  @Option(help: "HOST:PORT to listen on; port 0 is any free one. Wins over configuration and environment.")
  var listen: String?

  @Option(help: "The configuration, JSON; without it every default.", completion: .file(extensions: ["json"]))
  var config: String?

  @Option(
    help: "A folder with chains/ and templates/ to save and publish where they changed since the last time.",
    completion: .directory)
  var apply: String?

  @Option(help: "Start on a clock that stands still at this time (RFC 3339) until POST /v1/test-clock moves it.")
  var testClock: String?

  @Option(help: "How much is logged; wins over configuration and environment. PUT /v1/log changes it later.")
  var logLevel: LogSettings.Level?

  @Option(help: "How lines are logged: text for people, json for machines. Wins over configuration and environment.")
  var logFormat: LogSettings.Format?

  @Flag(help: "Start held: events come in, no chain moves, nothing leaves until `zveno release`. For a cloned machine.")
  var held = false

  @Flag(help: "The file erasures.key is lost: give up its tombstones and begin anew with another key.")
  var erasureKeyLost = false

  func run() async throws {
    try await ending {
      let options = try options()
      let configuration = try options.configuration()
      let level = LogLevel(configuration.log)
      LoggingSystem.bootstrap { LogLines(label: $0, format: configuration.log.format, level: level) }
      signal(SIGPIPE, SIG_IGN)
      Descriptors.raiseLimit()
      try await Lifecycle.run {
        let server = try LiveServer(options, configuration, logControl: level.control)
        server.welcome.show()
        return { server.stop() }
      }
    }
  }

  private func options() throws -> ServeOptions {
    let options = ServeOptions(
      data: data, listen: try listen.map(address), configPath: config, applyPath: apply,
      testTime: try testClock.map(time), logLevel: logLevel, logFormat: logFormat, startsHeld: held,
      erasureKeyIsLost: erasureKeyLost,
      environment: ProcessInfo.processInfo.environment)
    if let apply, !FileText.isFolder(apply) {
      throw Refused("expected --apply to name a folder, got \(apply)", status: ExitStatus.usage)
    }
    return options
  }

  private func address(_ text: String) throws -> ListenAddress {
    guard let address = ListenAddress(text) else {
      throw Refused("expected --listen to be \(ListenAddress.expected), got \(quoted(text))", status: ExitStatus.usage)
    }
    return address
  }

  private func time(_ text: String) throws -> Timestamp {
    guard let time = Timestamp(rfc3339: text), time.milliseconds >= 0 else {
      throw Refused(
        "expected --test-clock to be a time by RFC 3339 from 1970 on, as in 2026-03-02T09:00:00Z, got \(quoted(text))",
        status: ExitStatus.usage)
    }
    return time
  }
}

extension LogSettings.Level: ExpressibleByArgument {}
extension LogSettings.Format: ExpressibleByArgument {}
