import ArgumentParser
import Foundation
import Glibc
import JSON

struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Brings contacts into a running server, from CSV or NDJSON of any size.",
    discussion: """
      Each line is made or updated by itself; those with errors are told with their number, the first hundred of them
      (with --json the first thousand), the others are taken. The same file again changes nothing. docs/contacts.md tells
      the columns. The key needs the scope events. Exits with 1 where a line was refused.

      EXAMPLES
        zveno import contacts.csv
        zveno import --format ndjson - < contacts.ndjson
        zveno import --json --url https://zveno.shop.example contacts.csv
      """.paragraphs)

  @Argument(help: "The file to read, or - for standard input.", completion: .file(extensions: ["csv", "ndjson"]))
  var file: String

  @Option(help: "csv or ndjson; by the file's name where it is left out.")
  var format: TableFormat?

  @Flag(help: "Cells as they stand: a ' before a formula belongs to it.")
  var raw = false

  @Flag(help: "Print the server's answer: a JSON object for each refused line, and the summary.")
  var json = false

  @OptionGroup var server: ServerOptions

  func run() async throws {
    try await ending {
      let (client, file, isJSON) = (server.client, file, json)
      let (type, path) = ((format ?? TableFormat(of: file)).mediaType, "/v1/contacts/import?raw=\(raw)")
      let refused = try await onThread { Result { try Self.send(file, type, client, path, isJSON: isJSON) } }.get()
      if refused > 0 { throw ExitStatus.found }
    }
  }

  /// How many lines were refused.
  private static func send(
    _ path: String, _ type: String, _ client: Client, _ route: String, isJSON: Bool
  ) throws -> Int64 {
    let input = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else {
      throw Refused("\(path): \(String(cString: strerror(errno)))", status: ExitStatus.found)
    }
    defer { if path != "-" { close(input) } }
    var status = stat()
    let isFile = fstat(input, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    let upload = Transfer.Upload(file: input, type: type, bytes: isFile ? Int64(status.st_size) : nil)
    let progress = Progress(told: !isJSON)
    var told = ImportAnswer(of: path, isJSON: isJSON)
    _ = try Transfer(client).run(
      "POST", route, upload: upload,
      { sent, total in
        if sent == total {
          progress.show("sent; the server takes it in")
        } else {
          progress.show("sending", sent, of: total)
        }
      }
    ) { bytes in
      progress.end()
      told.read(bytes)
      return nil
    }
    progress.end()
    return try told.end()
  }
}

/// The answer to an import, told as it comes: a line for each refused one, the summary last.
private struct ImportAnswer {
  private static let told = 100

  private let path: String
  private let isJSON: Bool
  private var rest: [UInt8] = []
  private var shown: Int64 = 0
  private var summary: JSONValue?

  init(of path: String, isJSON: Bool) { (self.path, self.isJSON) = (path, isJSON) }

  mutating func read(_ bytes: UnsafeRawBufferPointer) {
    rest += bytes
    var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    rest = lines.popLast().map(Array.init) ?? []
    for line in lines { tell(Array(line)) }
  }

  /// How many lines were refused.
  mutating func end() throws -> Int64 {
    tell(rest)
    guard let summary else { throw Refused("the server's answer ends early: send the file again") }
    func count(_ name: String) -> Int64 { summary[name]?.number?.int ?? 0 }
    if !isJSON {
      if count("refused") > shown { Terminal.error("… and \(count("refused") - shown) more lines") }
      Terminal.out(
        "\(count("created")) created, \(count("updated")) updated, \(count("unchanged")) unchanged, "
          + "\(count("refused")) refused")
    }
    return count("refused")
  }

  private mutating func tell(_ line: [UInt8]) {
    guard !line.isEmpty, let item = try? JSONValue(parsing: line) else { return }
    if isJSON { Terminal.out(item.text) }
    if let all = item["summary"] {
      summary = all
      return
    }
    guard !isJSON, shown < Self.told else { return }
    shown += 1
    let number = (item["line"]?.number?.int).map { Int($0) }
    for error in item["errors"]?.array ?? [] { Terminal.error(ServerIssue.line(error, at: path, line: number)) }
  }
}
