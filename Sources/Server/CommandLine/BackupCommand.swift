import ArgumentParser
import Foundation
import Glibc
import JSON
import SQL

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copies the database of a running server into a file, while it goes on working.",
    discussion: """
      The file is whole or not there: it gets its name when its last byte is on the disk. The server needs as much room
      on the disk of its data folder for a while. Started from the file (zveno restore), a server is held: it sends
      nothing before zveno release.

      EXAMPLES
        zveno backup zveno-monday.sqlite
        zveno backup --force --url http://10.0.0.5:8080 /backups/zveno.sqlite
      """)

  @Argument(help: "The file to write.")
  var file: String

  @Flag(help: "Replace the file if there is one.")
  var force = false

  @OptionGroup var server: ServerOptions

  func run() async throws {
    try await ending {
      guard force || !FileManager.default.fileExists(atPath: file) else {
        throw Refused(
          "\(file) exists already: choose another name, or replace it with --force", status: ExitStatus.found)
      }
      let (client, target) = (server.client, file)
      let bytes = try await onThread { Result { try Self.fetch(client, into: target) } }.get()
      Terminal.out("\(file): \(Progress.size(bytes))")
    }
  }

  private static func fetch(_ client: Client, into target: String) throws -> Int64 {
    let part = target + ".part"
    let file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failed("cannot write \(part)") }
    defer { close(file) }
    do {
      let progress = Progress("waiting for the server's copy")
      defer { progress.end() }
      let bytes = try Download(client).post("/v1/backup", into: file) { done, total in
        progress.show("receiving", done, of: total)
      }
      guard fsync(file) == 0, rename(part, target) == 0 else { throw failed("cannot write \(target)") }
      try FileSync.folder(URL(filePath: target).deletingLastPathComponent().path)
      return bytes
    } catch {
      unlink(part)
      throw error
    }
  }

  private static func failed(_ what: String) -> Refused {
    Refused("\(what): \(String(cString: strerror(errno)))", status: ExitStatus.found)
  }
}
