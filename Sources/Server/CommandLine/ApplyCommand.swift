import ArgumentParser
import Glibc
import JSON

struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Brings chains, segments and templates that are files to a running server, and publishes the chains.",
    discussion: """
      DIR holds chains/, segments/ and templates/, as `serve --apply` takes them; zveno.json beside them is for checking
      alone. First everything is checked offline and compared with the server; --plan shows what would change, like
      diff -u, and stops there. On a terminal it is shown and asked about; elsewhere, or with --yes, nothing is asked.
      Each document is only written over what was compared: what somebody has changed meanwhile is refused. Templates
      and segments are saved first; chains go live when the server has taken all of them. A chain that is archived comes
      back; one that is paused stays paused. What is on the server and not in DIR stays. The key needs the scope edit.

      With --plan it exits with 0 where nothing would change, with 2 where something would.

      EXAMPLES
        zveno apply config --plan
        zveno apply config --to https://zveno.shop.example --yes
        zveno apply config --runs follow --json
      """.paragraphs)

  @Argument(help: "The folder.", completion: .directory)
  var dir: String

  @Flag(help: "Show the difference, and change nothing.")
  var plan = false

  @Flag(help: "Do not ask.")
  var yes = false

  @Option(help: "What becomes of runs inside: pin (they end in their version), follow or restart.")
  var runs = InsideRuns.pin

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(help: "Where the server listens; the same as --url.")
  var to: String?

  @OptionGroup var server: ServerOptions

  enum InsideRuns: String, CaseIterable, ExpressibleByArgument {
    case pin, follow, restart
  }

  func run() async throws {
    try await ending {
      let files = try checked()
      let client = server.client(at: to)
      let progress = Progress("comparing", told: !json)
      defer { progress.end() }
      let plan = try await RemotePlan(files, in: dir, client, progress)
      progress.end()
      if !json || !(self.plan || yes) { show(plan) }
      guard !self.plan else {
        if json { Terminal.out(answer(plan, nil).pretty()) }
        if !plan.changes.isEmpty { throw ExitStatus.changes }
        return
      }
      guard !plan.changes.isEmpty else {
        if json { Terminal.out(answer(plan, nil).pretty()) }
        return
      }
      guard yes || isConfirmed(client) else {
        throw Refused("nothing was applied: answer yes, or give --yes", status: ExitStatus.found)
      }
      let outcome = try await RemoteApply(client: client, runs: runs.rawValue, progress: progress).run(plan)
      progress.end()
      for warning in outcome.warnings { Terminal.error(warning) }
      if json { return Terminal.out(answer(plan, outcome).pretty()) }
      let live = outcome.told.map { $0 + "\n" }.joined()
      Terminal.out(live + "applied \(Self.count(plan.changes.count, "change")) to \(client.base)")
    }
  }

  /// Everything that shows without a server, as `zveno check` says it.
  private func checked() throws -> ApplyFolder {
    guard FileText.isFolder(dir) else {
      throw Refused("expected a folder with chains/, segments/ and templates/, got \(dir)", status: ExitStatus.usage)
    }
    var (errors, surroundings) = (0, Surroundings())
    for path in try CheckedFile.files(dir) where !path.hasSuffix(".tests.json") && !path.hasPrefix(dir + "/channels/") {
      errors += try CheckedFile.check(path, &surroundings)
    }
    do {
      let files = try ApplyFolder.read(dir, LimitSettings())
      guard errors == 0 else {
        throw Refused("\(Self.count(errors, "error")) in \(dir): nothing was compared", status: ExitStatus.found)
      }
      return files
    } catch let refusal as FileRefusal {
      if errors == 0 { refusal.print(withLines: true) }
      throw Refused("errors in \(dir): nothing was compared", status: ExitStatus.found)
    }
  }

  private func show(_ plan: RemotePlan) {
    let coloured = Terminal.isInteractive && Terminal.takesColours
    let text = plan.changes.map { $0.shown(coloured: coloured) + "\n" }.joined(separator: "\n")
    let summary =
      plan.changes.isEmpty
      ? "nothing to do: \(Self.count(plan.unchanged, "document")) as in \(dir)"
      : "\(Self.count(plan.changes.count, "change")), \(plan.unchanged) unchanged"
    // For scripts the answer alone goes to standard output.
    if json { return Terminal.error(text + summary) }
    Terminal.out(text.isEmpty ? summary : text + "\n" + summary)
  }

  private func isConfirmed(_ client: Client) -> Bool {
    guard isatty(STDIN_FILENO) == 1 else { return true }
    Terminal.write("Apply this to \(client.base)? [yes/no] ", to: STDERR_FILENO)
    return readLine()?.lowercased() == "yes"
  }

  private func answer(_ plan: RemotePlan, _ outcome: RemoteApply.Outcome?) -> JSONValue {
    let published: [JSONValue] = (outcome?.published ?? []).map {
      ["chain": .string($0.id), "version": .number(JSONNumber($0.version)), "paused": .bool($0.isPaused)]
    }
    return [
      "applied": .bool(outcome != nil), "changes": .array(plan.changes.map(\.json)),
      "unchanged": .number(JSONNumber(plan.unchanged)), "published": .array(published),
    ]
  }

  private static func count(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
}
