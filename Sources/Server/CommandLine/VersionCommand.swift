import ArgumentParser

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Says which build this is.",
    discussion: """
      EXAMPLES
        zveno version
      """.paragraphs)

  func run() { Terminal.out(Version.text) }
}
