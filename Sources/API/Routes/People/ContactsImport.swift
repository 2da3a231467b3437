import Domain
import Engine
import Erasure
import HTTP
import Ingest
import JSON
import SQL

/// An import under way: a few hundred lines are read and parsed on a reader's thread, written in one round, and then the
/// next; the first lines that were refused go into a file without a name, which is the answer, with the figures as its last
/// line. What is committed stays, and a repetition changes nothing: a client whose import was broken off sends it again.
final class ContactsImport: @unchecked Sendable {
  // Unchecked: reading, writing and telling follow one another, never two at once.
  private static let linesAtOnce = 200
  /// Of the lines that were refused: more would only bury the first ones, and a file of one wrong byte a line must not
  /// make an answer a hundred times its size.
  private static let mostTold = 1_000
  private static let mostToldBytes = 16 << 20

  private enum Outcome {
    case created, updated, unchanged
    case refused([Issue])
  }

  private let stages: Stages
  private let reply: Reply
  private let people: People
  private let format: ContactReader.Format
  private let isRaw: Bool
  private var body: BodyReader
  private var reader: ContactReader?
  private var file: ScratchText?
  private var waiting: ArraySlice<ContactReader.Item> = []
  private var isAtEnd = false
  private var (created, updated, unchanged, refused) = (0, 0, 0, 0)
  private var (told, toldBytes) = (0, 0)

  init(_ call: Call, _ stages: Stages, _ reply: @escaping Reply) throws {
    (self.stages, self.reply) = (stages, reply)
    people = People(stages.erasures.tombstones)
    switch call.mediaType {
    case TransferRoutes.csv: format = .csv
    case let type? where EventRoutes.lines.contains(type): format = .ndjson
    default: throw Problem.unsupportedType(call.mediaType, expected: [TransferRoutes.csv, EventRoutes.lines[0]])
    }
    isRaw = try call.isRaw
    do { body = try BodyReader(call.request) } catch {
      throw Problem.found(status: error.status, detail: error.description)
    }
  }

  func begin() throws {
    read { [self] db in
      let types = Dictionary(try AttributeTypes().all(db).map { ($0.name, $0.type) }) { $1 }
      reader = ContactReader(format, types: types, isRaw: isRaw)
      file = try ScratchText(under: stages.scratchFolder)
      try goOn()
    }
  }

  /// On a reader's thread.
  private func goOn() throws {
    while waiting.count < Self.linesAtOnce, !isAtEnd {
      let piece: [UInt8]?
      do { piece = try body.next() } catch {
        throw Problem.found(status: error.status, detail: error.description)
      }
      if let piece {
        waiting += try reader?.take(piece) ?? []
      } else {
        isAtEnd = true
        waiting += try reader?.finish() ?? []
      }
    }
    if waiting.isEmpty { return try finish() }
    let items = Array(waiting.prefix(Self.linesAtOnce))
    waiting = Array(waiting.dropFirst(items.count))[...]
    write(items)
  }

  private func write(_ items: [ContactReader.Item]) {
    let kept = Kept()
    stages.writer.submit { [self] db, now in
      kept.outcomes = try items.map { try outcome(of: $0, Timestamp(milliseconds: now), db) }
    } then: { [self] result in
      // The writer's thread has other things to do.
      read { [self] _ in
        try result.get()
        for (item, outcome) in zip(items, kept.outcomes) { try tell(item, outcome) }
        try goOn()
      }
    }
  }

  private final class Kept: @unchecked Sendable {
    // Unchecked: written by the round, read after its commit.
    var outcomes: [Outcome] = []
  }

  private func outcome(of item: ContactReader.Item, _ now: Timestamp, _ db: Connection) throws -> Outcome {
    guard case .contact(let contact, _) = item else { return .unchanged }
    do {
      let change = try db.savepoint {
        let change = try people.change(contact, now: now, db)
        try stages.log.append(own: ContactEvent.said(of: change), now: now.milliseconds, db)
        return change
      }
      return change.created ? .created : change.fields.isEmpty && change.others.isEmpty ? .unchanged : .updated
    } catch let refusal as Refusal {
      return .refused(refusal.issues)
    }
  }

  private func tell(_ item: ContactReader.Item, _ outcome: Outcome) throws {
    switch (item, outcome) {
    case (.refused(let issues, let line), _), (.contact(_, let line), .refused(let issues)):
      refused += 1
      guard told < Self.mostTold, toldBytes < Self.mostToldBytes else { return }
      told += 1
      let errors = issues.map { issue in
        var issue = issue
        issue.line = issue.line ?? line
        return issue.json
      }
      let answer: JSONValue = ["line": .number(JSONNumber(line)), "errors": .array(errors)]
      let text = answer.text + "\n"
      toldBytes += text.utf8.count
      try file?.write(text)
    case (_, .created): created += 1
    case (_, .updated): updated += 1
    case (_, .unchanged): unchanged += 1
    }
  }

  private func finish() throws {
    guard let file else { return }
    let summary: JSONValue = [
      "summary": [
        "created": .number(JSONNumber(created)), "updated": .number(JSONNumber(updated)),
        "unchanged": .number(JSONNumber(unchanged)), "refused": .number(JSONNumber(refused)),
        "told": .number(JSONNumber(told)),
      ]
    ]
    try file.write(summary.text + "\n")
    reply(
      Response(
        status: 200, headers: [("Content-Type", "application/x-ndjson"), ("Cache-Control", "no-store")],
        file: try file.body()))
  }

  private func read(_ job: @escaping @Sendable (Connection) throws -> Void) {
    stages.readers.submit { [self] db in
      do { try job(db) } catch { end(error) }
    } rejected: { [self] in
      end(StoreUnavailable(reason: "too many are waiting"))
    }
  }

  /// What is committed is told, so that nobody wonders.
  private func end(_ error: any Error) {
    var problem = Problem(error)
    problem.more["done"] = .number(JSONNumber(created + updated + unchanged + refused))
    reply(problem.response)
  }
}
