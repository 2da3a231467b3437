public import Domain
public import JSON
public import SQL

/// What the shop's people look at: who is in which cell, by which boundaries, and when the next are taken.
public struct RfmOverview: Sendable {
  /// Versions that are shown, the newest first.
  private static let versionsShown = 12

  private let versions: [RfmBoundaries]
  private let cells: [(cell: RfmCell, contacts: Int64)]
  private let state: String
  private let nextAt: Timestamp?

  /// Cost: a row for each cell and version.
  public init(_ rules: Rules, _ db: Connection) throws {
    versions = try RfmVersions().page(limit: Self.versionsShown, db)
    cells = try RfmRows().cells(db)
    let progress = try RfmProgress.known(db)
    state =
      if progress.fill != nil {
        "filling"
      } else if progress.moved != nil {
        "moving"
      } else {
        versions.isEmpty ? "waiting" : "ready"
      }
    nextAt = progress.due(rules)
  }

  public var json: JSONValue {
    .object([
      "state": .string(state), "next_at": nextAt.map { .string($0.rfc3339) } ?? .null,
      "version": versions.first.map { .number(JSONNumber($0.version)) } ?? .null,
      "boundaries": versions.first?.json ?? .null,
      "contacts": .number(JSONNumber(cells.reduce(0) { $0 + $1.contacts })),
      "grid": .array(grid), "versions": .array(versions.map(\.summary)),
    ])
  }

  /// Recency and frequency, the best first, and in each the five scores of money from 1 on.
  private var grid: [JSONValue] {
    let counts = Dictionary(cells.map { ($0.cell, $0.contacts) }, uniquingKeysWith: +)
    let scores = Array((1...5).reversed())
    return scores.flatMap { recency in
      scores.map { frequency in
        let monetary = (1...5).map { monetary in
          counts[RfmCell(recency: recency, frequency: frequency, monetary: monetary)] ?? 0
        }
        return .object([
          "recency": .number(JSONNumber(recency)), "frequency": .number(JSONNumber(frequency)),
          "contacts": .number(JSONNumber(monetary.reduce(0, +))),
          "monetary": .array(monetary.map { .number(JSONNumber($0)) }),
        ])
      }
    }
  }
}

extension RfmBoundaries {
  /// Days since the last purchase, purchases, and the currency: what is beyond the first has another score.
  var json: JSONValue {
    .object([
      "recency": .array(recency.fifths.map { .number(JSONNumber(Self.days($0)) ?? 0) }),
      "frequency": .array(frequency.numbers(places: 0)),
      "monetary": .array(monetary.numbers(places: Amount.places)),
    ])
  }

  fileprivate var summary: JSONValue {
    .object([
      "version": .number(JSONNumber(version)), "computed_at": .string(computedAt.rfc3339),
      "contacts": .number(JSONNumber(contacts)), "boundaries": json,
    ])
  }

  /// To a millionth: a tenth of a second.
  private static func days(_ fifths: Int64) -> Double {
    (Double(fifths) / 5 / Double(LocalTime.millisecondsPerDay) * 1e6).rounded() / 1e6
  }
}

extension RfmRow {
  /// For the operator's card: the scores at `now`, and what they are made of. Scores are left out while there are no
  /// boundaries.
  public func json(at now: Timestamp, _ db: Connection) throws -> JSONValue {
    let state = try RfmVersions().version(version, db)?.state(of: figures, at: now)
    var object = state?.cell.scores ?? [:]
    object["last_purchase_at"] = .string(figures.lastAt.rfc3339)
    object["purchases"] = .number(JSONNumber(figures.count))
    object["amount"] = .number(figures.sum.number)
    object["version"] = state.map { .number(JSONNumber($0.version)) }
    object["next_change_at"] = state?.nextChange.map { .string($0.rfc3339) }
    return .object(object)
  }
}
