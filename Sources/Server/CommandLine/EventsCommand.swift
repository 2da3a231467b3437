import ArgumentParser

struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Sends events to a running server, or follows those that come in.",
    discussion: """
      EXAMPLES
        zveno events send history.ndjson
        zveno events tail --type cart
      """.paragraphs,
    subcommands: [SendEvents.self, TailEvents.self])
}
