import ArgumentParser
import JSON

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copies the database of a running server into a file, while it goes on working.",
    discussion: """
      The file is whole or not there: it gets its name when its last byte is on the disk. The server needs as much room
      on the disk of its data folder for a while. Started from the file (zveno restore), a server is held: it sends
      nothing before zveno release. The key needs the scope admin.

      EXAMPLES
        zveno backup zveno-monday.sqlite
        zveno backup --force --url http://10.0.0.5:8080 /backups/zveno.sqlite
        zveno backup --json zveno-monday.sqlite
      """.paragraphs)

  @Argument(help: "The file to write.", completion: .file())
  var file: String

  @Flag(help: "Replace the file if there is one.")
  var force = false

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var server: ServerOptions

  func run() async throws {
    try await ending {
      try WholeFile.check(file, force: force)
      let (client, target) = (server.client, file)
      let bytes = try await onThread { Result { try Self.fetch(client, into: target) } }.get()
      let answer: JSONValue = ["file": .string(file), "bytes": .number(JSONNumber(bytes))]
      Terminal.out(json ? answer.text : "\(file): \(Progress.size(bytes))")
    }
  }

  private static func fetch(_ client: Client, into target: String) throws -> Int64 {
    let progress = Progress("waiting for the server's copy")
    defer { progress.end() }
    return try WholeFile.write(target) { sink in
      try Transfer(client).run("POST", "/v1/backup", { progress.show("receiving", $0, of: $1) }, sink: sink)
    }
  }
}
