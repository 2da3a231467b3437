import ArgumentParser
import Foundation
import Glibc
import JSON

struct SendEvents: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send", abstract: "Sends events, one JSON object a line (NDJSON), in batches.",
    discussion: """
      Lines with errors are told with their number, the others are taken. Events with an `id` are stored once, however
      often they are sent: a file whose events all have one may be sent again after a break, and what is there already is
      counted as duplicates. --make-ids gives an id, made of its line's number and text, to an event without one. What
      the server is too busy for, or whose answer is lost, is sent again after a pause (Idempotency-Key); where that does
      not help, the line is told from which on nothing was taken, or it is not known. The key needs the scope events.
      Exits with 1 where an event was refused.

      EXAMPLES
        zveno events send history.ndjson
        zveno events send --make-ids --batch 2000 history.ndjson
        echo '{"type":"signup","contact":{"id":"ann"}}' | zveno events send --json
      """.paragraphs)

  @Argument(help: "The file to read; - is standard input.", completion: .file(extensions: ["ndjson", "jsonl"]))
  var file = "-"

  @Option(help: "Events in one call, 1 to 10000.")
  var batch = 500

  @Flag(help: "Give an id to events without one.")
  var makeIds = false

  @Flag(help: "Print one JSON object, with the refused lines.")
  var json = false

  @OptionGroup var server: ServerOptions

  func run() async throws {
    try await ending {
      guard (1...10_000).contains(batch) else {
        throw Refused("expected --batch to be 1 to 10000, got \(batch)", status: ExitStatus.usage)
      }
      let lines = try EventLines(file, makesIDs: makeIds)
      let progress = Progress(told: !json)
      defer { progress.end() }
      var sending = EventSending(client: server.client, file: file, isJSON: json, progress: progress)
      var failure: Refused?
      do {
        while let batch = lines.next(batch) {
          try await sending.send(batch)
          progress.show("sending", lines.read, of: lines.size)
        }
        failure = lines.failure
      } catch let refused as Refused {
        failure = refused
      }
      progress.end()
      Terminal.out(json ? sending.json.pretty() : sending.text)
      if let failure { throw failure }
      if sending.rejected > 0 { throw ExitStatus.found }
    }
  }
}

/// What has become of the events so far.
private struct EventSending {
  private static let told = 100

  let client: Client
  let file: String
  let isJSON: Bool
  let progress: Progress
  private var accepted: Int64 = 0
  /// Taken, but the answer is lost that would tell accepted from known and refused.
  private var untold = 0
  private var duplicates: Int64 = 0
  private(set) var rejected = 0
  private var refusals: [JSONValue] = []

  init(client: Client, file: String, isJSON: Bool, progress: Progress) {
    (self.client, self.file, self.isJSON, self.progress) = (client, file, isJSON, progress)
  }

  private enum Result {
    case told(accepted: Int64, duplicates: Int64, rejected: [JSONValue])
    /// Carried out when it was sent before.
    case untold
  }

  mutating func send(_ batch: EventLines.Batch) async throws {
    for (line, column, detail) in batch.broken {
      refuse(line, [["pointer": "", "column": .number(JSONNumber(column)), "detail": .string(detail)]])
    }
    guard !batch.lines.isEmpty else { return }
    let body = Array(batch.lines.map(\.text).joined(separator: [UInt8(ascii: "\n")]))
    switch try await post(body, from: batch.lines[0].number) {
    case .untold:
      untold += batch.lines.count
      progress.end()
      let (first, last) = (batch.lines[0].number, batch.lines[batch.lines.count - 1].number)
      Terminal.error(
        "lines \(first) to \(last) were taken, and the answer is lost that says which of them were refused")
    case .told(let accepted, let duplicates, let rejected):
      self.accepted += accepted
      self.duplicates += duplicates
      let indices = rejected.compactMap { $0["index"]?.number?.int }.filter { batch.lines.indices.contains(Int($0)) }
      guard accepted + duplicates + Int64(rejected.count) == batch.lines.count, indices.count == rejected.count else {
        throw Refused(
          "\(client.base) answered \(accepted) accepted, \(duplicates) duplicates, \(rejected.count) rejected for "
            + "\(batch.lines.count) events from line \(batch.lines[0].number) on: is it a Zveno server?",
          status: ExitStatus.found)
      }
      for (index, one) in zip(indices, rejected) {
        refuse(batch.lines[Int(index)].number, one["errors"]?.array ?? [])
      }
    }
  }

  /// However often it is sent, the server carries it out once.
  private func post(_ body: [UInt8], from line: Int) async throws -> Result {
    let once = ["Idempotency-Key": UUID().uuidString]
    let hasTaken = accepted + duplicates + Int64(untold) > 0
    // One of the tries may have been taken.
    var isOpen = false
    func failed(_ refused: Refused) -> Refused {
      Refused(
        "\(refused.line); from line \(line) on " + (isOpen ? "it is not known what was taken" : "nothing was taken"),
        status: refused.status)
    }
    let answer: Client.Answer
    do {
      answer = try await client.patient(again: { $0.mayBeDone || hasTaken && $0.status == ExitStatus.unavailable }) {
        do {
          let answer = try await client.call(
            "POST", "/v1/events", body: body, type: "application/x-ndjson", headers: once)
          if answer.status == 408 || answer.status >= 500 && answer.status != 503 { isOpen = true }
          return answer
        } catch let refused as Refused {
          if refused.mayBeDone { isOpen = true }
          throw refused
        }
      }
    } catch let refused as Refused {
      throw failed(refused)
    }
    let json = answer.json
    switch (answer.status, json?["rejected"]?.array) {
    case (202, let rejected?):
      guard let accepted = json?["accepted"]?.number?.int, let duplicates = json?["duplicates"]?.number?.int else {
        break
      }
      return .told(accepted: accepted, duplicates: duplicates, rejected: rejected)
    // Not one of them could be taken.
    case (400, let rejected?): return .told(accepted: 0, duplicates: 0, rejected: rejected)
    case (409, _) where json?["code"]?.string == "answer_not_kept": return .untold
    case (200...299, _), (409, _): isOpen = true
    default: break
    }
    throw failed(client.refused(answer))
  }

  private mutating func refuse(_ line: Int, _ errors: [JSONValue]) {
    rejected += 1
    guard rejected <= Self.told else { return }
    refusals.append(["line": .number(JSONNumber(line)), "errors": .array(errors)])
    guard !isJSON else { return }
    progress.end()
    for error in errors { Terminal.error(ServerIssue.line(error, at: file == "-" ? "stdin" : file, line: line)) }
  }

  var text: String {
    "\(accepted) accepted, \(duplicates) duplicates, \(rejected) refused"
      + (untold > 0 ? ", \(untold) taken whose answer is lost" : "")
  }

  /// The first refused lines alone.
  var json: JSONValue {
    [
      "accepted": .number(JSONNumber(accepted)), "duplicates": .number(JSONNumber(duplicates)),
      "rejected": .number(JSONNumber(rejected)), "refused_lines": .array(refusals),
      "answer_lost": .number(JSONNumber(untold)),
    ]
  }
}
