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
      What a file is follows from its folder (chains, segments, templates) or its name (zveno.json). The templates that a chain
      names are looked for in the folder templates beside its own, its channels in the zveno.json there; what there is
      not, the server looks for when it applies or publishes the chain.

      EXAMPLES
        zveno check config/zveno.json config/chains/*.json
        zveno check config
        zveno check --json config
      """.paragraphs)

  @Argument(help: "Files, or folders as `serve --apply` takes them.", completion: .file(extensions: ["json"]))
  var file: [String]

  @Flag(help: "Print one JSON object: how many errors, and each finding with its place.")
  var json = false

  func run() async throws {
    try await ending {
      let paths = try file.flatMap(CheckedFile.files)
      var surroundings = Surroundings()
      if json { return try tell(paths, &surroundings) }
      var count = 0
      for path in paths { count += try CheckedFile.check(path, &surroundings) }
      let files = "in \(paths.count) \(paths.count == 1 ? "file" : "files")"
      if count > 0 {
        Terminal.error("\(count) \(count == 1 ? "error" : "errors") \(files)")
        throw ExitStatus.found
      }
      Terminal.out("no errors \(files)")
    }
  }

  private func tell(_ paths: [String], _ surroundings: inout Surroundings) throws {
    var findings: [CheckedFile.Finding] = []
    for path in paths { findings += try CheckedFile.findings(path, &surroundings) }
    let errors = findings.count { $0.severity == .error }
    let answer: JSONValue = [
      "errors": .number(JSONNumber(errors)), "files": .number(JSONNumber(paths.count)),
      "findings": .array(findings.map(\.json)),
    ]
    Terminal.out(answer.pretty())
    if errors > 0 { throw ExitStatus.found }
  }
}
