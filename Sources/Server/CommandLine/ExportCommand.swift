import ArgumentParser
import Glibc
import JSON

/// What a table of contacts is written as.
enum TableFormat: String, CaseIterable, ExpressibleByArgument {
  case csv, ndjson

  var mediaType: String { self == .csv ? "text/csv" : "application/x-ndjson" }

  /// By a file's name.
  init(of path: String) { self = path.lowercased().hasSuffix(".csv") ? .csv : .ndjson }
}

struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes all contacts of a running server into a file, as CSV or NDJSON.",
    discussion: """
      What zveno import takes back. Cells of CSV that a spreadsheet would take for formulas are marked with ' unless
      --raw says otherwise. `-` writes to standard output. The key needs the scope read.

      EXAMPLES
        zveno export contacts.csv
        zveno export --format ndjson - | wc -l
        zveno export --force --url https://zveno.shop.example contacts.ndjson
      """.paragraphs)

  @Argument(help: "The file to write, or - for standard output.", completion: .file())
  var file: String

  @Option(help: "csv or ndjson; by the file's name where it is left out.")
  var format: TableFormat?

  @Flag(help: "Cells as they stand: formulas stay formulas.")
  var raw = false

  @Flag(help: "Replace the file if there is one.")
  var force = false

  @Flag(help: "Print one JSON object at the end.")
  var json = false

  @OptionGroup var server: ServerOptions

  func run() async throws {
    try await ending {
      let (client, target) = (server.client, file)
      let path = "/v1/contacts/export?format=\((format ?? TableFormat(of: file)).rawValue)&raw=\(raw)"
      if target != "-" { try WholeFile.check(target, force: force) }
      let bytes = try await onThread { Result { try Self.fetch(client, path, into: target) } }.get()
      guard target != "-" else { return }
      let answer: JSONValue = ["file": .string(file), "bytes": .number(JSONNumber(bytes))]
      Terminal.out(json ? answer.text : "\(file): \(Progress.size(bytes))")
    }
  }

  private static func fetch(_ client: Client, _ path: String, into target: String) throws -> Int64 {
    let progress = Progress("waiting for the server")
    defer { progress.end() }
    func run(_ sink: @escaping Transfer.Sink) throws -> Int64 {
      try Transfer(client).run("GET", path, { progress.show("receiving", $0, of: $1) }, sink: sink)
    }
    return try target == "-" ? run(WholeFile.sink(STDOUT_FILENO)) : WholeFile.write(target, run)
  }
}
