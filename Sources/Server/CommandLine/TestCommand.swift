import ArgumentParser
import Domain
import Foundation
import JSON
import Rehearsal

/// Chains' own tests, lived through on a virtual clock without a server.
struct TestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Runs chains' own tests on a virtual clock; no server, nothing leaves.",
    discussion: """
      A file CHAIN.tests.json is run with CHAIN.json beside it, the templates of ../templates, the segments of
      ../segments and the channels of ../zveno.json, where these are there. A message that was not expected, or did not come at its very moment, fails
      the test.

      EXAMPLES
        zveno test config/chains/cart.tests.json
        zveno test config
      """.paragraphs)

  @Argument(
    help: "Files of tests, chains that have some beside them, or folders that hold such.",
    completion: .file(extensions: ["json"]))
  var file: [String]

  @Option(
    help: "Configuration whose channels, hours and shop count, instead of the one found.",
    completion: .file(extensions: ["json"]))
  var config: String?

  @Flag(help: "Prints one JSON object: every file, test and message.")
  var json = false

  func run() async throws {
    try await ending {
      let paths = try file.flatMap(TestedFile.files)
      var (passed, failed, broken) = (0, 0, 0)
      var files: [JSONValue] = []
      for path in paths {
        do {
          let report = try TestedFile(path, configuration: config).run()
          (passed, failed) = (passed + report.passed, failed + report.failed)
          files.append(.object(told(report, path)))
        } catch let refusal as FileRefusal {
          broken += 1
          if !json { refusal.print() }
          files.append(["file": .string(path), "errors": .array(refusal.findings.map(\.issue.json))])
        }
      }
      let summary: JSONObject = [
        "passed": .number(JSONNumber(passed)), "failed": .number(JSONNumber(failed)),
        "broken": .number(JSONNumber(broken)), "files": .array(files),
      ]
      Terminal.out(json ? JSONValue.object(summary).pretty() : line(passed, failed, broken, paths.count))
      if failed > 0 || broken > 0 { throw ExitStatus.found }
    }
  }

  /// The report of one file; prints it for people.
  private func told(_ report: ChainTestReport, _ path: String) -> JSONObject {
    if !json {
      Terminal.out("\(path): \(report.passed) passed" + (report.failed > 0 ? ", \(report.failed) failed" : ""))
      if report.failed > 0 { Terminal.out(report.text) }
    }
    var object = report.json
    object["file"] = .string(path)
    return object
  }

  private func line(_ passed: Int, _ failed: Int, _ broken: Int, _ files: Int) -> String {
    var parts = ["\(passed) passed", "\(failed) failed"]
    if broken > 0 { parts.append("\(broken) \(broken == 1 ? "file" : "files") with errors") }
    return parts.joined(separator: ", ") + " in \(files) \(files == 1 ? "file" : "files")"
  }
}
