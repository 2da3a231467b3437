import Domain
import JSON
import SQL

/// What made a run move.
enum MoveCause: String {
  case entry, event, time
  /// Its message was handed over, dropped or skipped.
  case message
  /// Another run, another chain, the archive.
  case outside

  init(_ cause: Cause) {
    switch cause {
    case .event: self = .event
    case .due: self = .time
    case .handedOver: self = .message
    }
  }
}

/// The recorded moves of runs: each decision that brought one further, in the transaction that made it. For people who
/// ask why; nothing else reads them.
struct RunMoves {
  struct Move {
    let version: Int64
    let at: Timestamp
    /// The log's position: the event, where one was the cause.
    let seq: Int64
    let cause: MoveCause
    /// In milliseconds.
    let late: Int64
    let path: [PassedStep]
  }

  /// Less is how long a busy server may take.
  private static let lateFrom: Int64 = 60_000

  private static let insertion = Query(
    "INSERT INTO run_moves (run, version, at, seq, cause, late, path) VALUES ($1, $2, $3, $4, $5, $6, $7)")
  private static let ofRun = Query(
    "SELECT version, at, seq, cause, late, path FROM run_moves WHERE run = $1 ORDER BY id LIMIT $2")

  /// Nothing where the run stays where it was.
  func record(_ move: Move, of run: Int64, _ db: Connection) throws {
    guard !move.path.isEmpty else { return }
    try db.run(Self.insertion) { row in
      row.bind(1, run)
      row.bind(2, move.version)
      row.bind(3, move.at.milliseconds)
      row.bind(4, move.seq)
      row.bind(5, move.cause.rawValue)
      row.bind(6, move.late >= Self.lateFrom ? move.late : nil)
      row.bind(7, Self.text(move.path))
    }
  }

  /// The oldest first.
  func moves(of run: Int64, limit: Int, _ db: Connection) throws -> [Move] {
    let bind = { (statement: Statement) in
      statement.bind(1, run)
      statement.bind(2, limit)
    }
    return try db.query(Self.ofRun, bind) { row in
      Move(
        version: row.int(0), at: Timestamp(milliseconds: row.int(1)), seq: row.int(2),
        cause: MoveCause(rawValue: row.text(3)) ?? .outside, late: row.optionalInt(4) ?? 0,
        path: Self.path(try JSONValue(parsing: row.textBytes(5), limits: .stored)))
    }
  }

  static func delete(of run: Int64, _ db: Connection) throws {
    try db.run("DELETE FROM run_moves WHERE run = $1", [.int(run)])
  }

  /// `[["0"],["1","then"]]`
  private static func text(_ path: [PassedStep]) -> String {
    if path.allSatisfy({ isPlain($0.step) && $0.outcomes.allSatisfy(isPlain) }) { return plainText(path) }
    return JSONValue.array(path.map { .array(([$0.step] + $0.outcomes).map { .string($0) }) }).text
  }

  /// Nearly all are.
  private static func isPlain(_ word: String) -> Bool {
    word.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
  }

  private static func plainText(_ path: [PassedStep]) -> String {
    var text = "["
    for (index, step) in path.enumerated() {
      text += index == 0 ? "[\"" : ",[\""
      text += step.step
      for outcome in step.outcomes {
        text += "\",\""
        text += outcome
      }
      text += "\"]"
    }
    return text + "]"
  }

  private static func path(_ value: JSONValue) -> [PassedStep] {
    (value.array ?? []).compactMap { step in
      let words = (step.array ?? []).compactMap(\.string)
      return words.first.map { PassedStep(step: $0, outcomes: Array(words.dropFirst())) }
    }
  }
}
