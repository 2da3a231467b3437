import ArgumentParser
import Domain
import Foundation
import JSON

/// Every error of some files, as compilers print them, without a server.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Finds every error of chains, segments, templates and configurations, with line and column.",
    discussion: """
      What a file is follows from its folder (chains, segments, templates) or its name (zveno.json). What a chain names outside
      itself (templates, channels) is looked for when the server applies or publishes it.

      EXAMPLES
        zveno check config/zveno.json config/chains/*.json
        zveno check config
      """)

  @Argument(help: "Files, or folders as `serve --apply` takes them.")
  var file: [String]

  func run() async throws {
    try await ending {
      var count = 0
      let paths = try file.flatMap(CheckedFile.files)
      for path in paths { count += try CheckedFile.check(path) }
      let files = "in \(paths.count) \(paths.count == 1 ? "file" : "files")"
      if count > 0 {
        Terminal.error("\(count) \(count == 1 ? "error" : "errors") \(files)")
        throw ExitStatus.found
      }
      print("no errors \(files)")
    }
  }
}
