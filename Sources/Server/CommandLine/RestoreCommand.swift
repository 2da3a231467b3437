import ArgumentParser
import Delivery
import Domain
import JSON
import Migrations
import SQL

struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Makes a data folder out of a backup, offline.",
    discussion: """
      The folder must have no database. The backup is copied, every page of the copy is checked, and only then it gets
      the database's name. The server that starts on it is held: events come in, but no chain moves and nothing leaves
      before zveno release, which shows first how much is due. Who was erased since the backup was made is erased again
      before it listens, by erasures.journal and erasures.key: they belong into the folder first.

      EXAMPLES
        zveno restore zveno-monday.sqlite --data data
        zveno restore --json zveno-monday.sqlite --data /var/lib/zveno
      """.paragraphs)

  @Argument(help: "What zveno backup has written.", completion: .file())
  var file: String

  @Option(help: "The folder for the database; made if it does not exist.", completion: .directory)
  var data: String

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    try await ending {
      let progress = Progress(told: !json)
      defer { progress.end() }
      let restoration = Restoration(Migrator(Migrations.all)) { stage in
        switch stage {
        case .copying(let done, let total): progress.show("copying", done, of: total)
        case .checking: progress.show("checking every page")
        }
      }
      let now = Timestamp(milliseconds: SystemClock.wall())
      do {
        try restoration.run(file, into: data) { db in
          try Hold.set(Hold.Fact(since: now, reason: "it was restored from a backup at \(now.rfc3339)"), db)
        }
      } catch let refusal as StoreRefusal {
        throw Refused(refusal.description)
      }
      progress.end()
      let answer: JSONValue = ["data": .string(data), "held": true]
      Terminal.out(
        json
          ? answer.text
          : "restored into \(data), and held: start the server, then zveno release shows what is due and lets it go")
    }
  }
}
