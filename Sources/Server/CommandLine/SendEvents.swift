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
      not help, the line is told from which nothing is known. The key needs the scope events. Exits with 1 where an event
      was refused.

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
      while let batch = try lines.next(batch) {
        try await sending.send(batch)
        progress.show("sending", lines.read, of: lines.size)
      }
      progress.end()
      Terminal.out(json ? sending.json.pretty() : sending.text)
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
  private var duplicates: Int64 = 0
  private(set) var rejected = 0
  private var refusals: [JSONValue] = []

  init(client: Client, file: String, isJSON: Bool, progress: Progress) {
    (self.client, self.file, self.isJSON, self.progress) = (client, file, isJSON, progress)
  }

  mutating func send(_ batch: EventLines.Batch) async throws {
    for (line, column, detail) in batch.broken {
      refuse(line, [["pointer": "", "column": .number(JSONNumber(column)), "detail": .string(detail)]])
    }
    guard !batch.lines.isEmpty else { return }
    let body = Array(batch.lines.map(\.text).joined(separator: [UInt8(ascii: "\n")]))
    let answer: Client.Answer
    do {
      // However often it is sent, the server carries it out once.
      let once = ["Idempotency-Key": UUID().uuidString]
      answer = try await client.patient(lost: accepted + duplicates > 0) {
        try await client.call("POST", "/v1/events", body: body, type: "application/x-ndjson", headers: once)
      }
    } catch let refused as Refused {
      throw Refused(
        "\(refused.line)\n\(text); from line \(batch.lines[0].number) on it is not known", status: refused.status)
    }
    let result = answer.json
    guard answer.isGood || result?["rejected"] != nil else {
      let refused = client.refused(answer.status, result)
      throw Refused(
        "\(refused.line)\n\(text); from line \(batch.lines[0].number) on nothing was taken", status: refused.status)
    }
    accepted += result?["accepted"]?.number?.int ?? 0
    duplicates += result?["duplicates"]?.number?.int ?? 0
    for one in result?["rejected"]?.array ?? [] {
      guard let index = one["index"]?.number?.int, batch.lines.indices.contains(Int(index)) else { continue }
      refuse(batch.lines[Int(index)].number, one["errors"]?.array ?? [])
    }
  }

  private mutating func refuse(_ line: Int, _ errors: [JSONValue]) {
    rejected += 1
    guard rejected <= Self.told else { return }
    refusals.append(["line": .number(JSONNumber(line)), "errors": .array(errors)])
    guard !isJSON else { return }
    progress.end()
    for error in errors { Terminal.error(ServerIssue.line(error, at: file == "-" ? "stdin" : file, line: line)) }
  }

  var text: String { "\(accepted) accepted, \(duplicates) duplicates, \(rejected) refused" }

  /// The first refused lines alone.
  var json: JSONValue {
    [
      "accepted": .number(JSONNumber(accepted)), "duplicates": .number(JSONNumber(duplicates)),
      "rejected": .number(JSONNumber(rejected)), "refused_lines": .array(refusals),
    ]
  }
}
