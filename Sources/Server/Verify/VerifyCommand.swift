import ArgumentParser
import SQL

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Checks a data folder that no server has open, and says what it found.",
    discussion: """
      Reads the whole file, also what a crash has left in its log, and changes nothing: every page and every index, the log
      of events and their ids, timelines, the books (rows against figures, for each chain, version and step), and whether
      anything is stuck. Takes some seconds for a million events, and 250 MB of memory at most. A copy of a folder can be verified while its server works.

      Exits with 0 where nothing was found, 1 where something was, 69 where the folder cannot be checked.

      EXAMPLES
        zveno verify data
        zveno verify --json data
      """.paragraphs)

  @Argument(help: "The data folder.")
  var folder: String

  @Flag(help: "Leave out whether indexes agree with their tables, which takes longest.")
  var quick = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    try await ending {
      let (folder, isQuick, isJSON) = (folder, quick, json)
      let found = try await onThread { Result { try Self.verify(folder, isQuick: isQuick, isJSON: isJSON) } }.get()
      if found > 0 { throw ExitStatus.found }
    }
  }

  private static func verify(_ folder: String, isQuick: Bool, isJSON: Bool) throws -> Int {
    do {
      let verification = try Verification(folder, isQuick: isQuick)
      var report = VerifyReport(isJSON: isJSON)
      try verification.run(Progress(told: !isJSON)) { report.add($0) }
      report.end(layout: verification.layout, in: folder)
      return report.found
    } catch let refusal as StoreRefusal {
      throw Refused(refusal.description)
    } catch let error as SQLError {
      throw Refused("\(folder) cannot be checked: \(error)")
    }
  }
}
