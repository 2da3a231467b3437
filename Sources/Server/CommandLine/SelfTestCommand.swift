import ArgumentParser
import Foundation
import JSON
import Logging

struct SelfTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest", abstract: "Measures in a minute what this machine sustains.",
    discussion: """
      Runs a whole server on a loopback port, with a database of its own in a temporary folder that is deleted at the end,
      and sends it events and chains from within the same process: so the figures share the processor with who asks.
      Every event is on disk before it counts (durability full). Nothing leaves the machine.

      EXAMPLES
        zveno selftest
        zveno selftest --data /var/lib/zveno      on the disk that will be used; nothing there is touched
        zveno selftest --seconds 2 --json
      """.paragraphs)

  @Option(help: "A folder on the disk to measure; the system's temporary folder by default.")
  var data: String?

  @Option(help: "How long each part runs, 1 to 60.")
  var seconds: Double = 8

  @Flag(help: "One JSON object, for scripts.")
  var json = false

  func run() async throws {
    try await ending {
      guard (1...60).contains(seconds) else {
        throw Refused("expected --seconds to be 1 to 60, got \(seconds)", status: ExitStatus.usage)
      }
      LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
      signal(SIGPIPE, SIG_IGN)
      Descriptors.raiseLimit()
      let folder = try SelfTestFolder(in: data)
      defer { folder.delete() }
      let progress = Progress(told: !json)
      let report = try await SelfTest(folder: folder.path, seconds: seconds) { progress.show($0) }.run()
      progress.end()
      Terminal.out(json ? report.json.text : report.text)
    }
  }
}

/// A folder for one test, deleted whatever happens in it.
private struct SelfTestFolder {
  let path: String

  init(in parent: String?) throws {
    let parent = parent ?? FileManager.default.temporaryDirectory.path
    path = parent + "/zveno-selftest-" + UUID().uuidString
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    } catch {
      throw Refused("no folder can be made in \(parent): \(error.localizedDescription)")
    }
  }

  func delete() { try? FileManager.default.removeItem(atPath: path) }
}
