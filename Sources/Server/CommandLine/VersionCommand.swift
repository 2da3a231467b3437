import ArgumentParser

struct VersionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Says which build this is.",
    discussion: """
      EXAMPLES
        zveno version
      """.paragraphs)

  func run() async throws { try await ending { Terminal.out(Version.text) } }
}
