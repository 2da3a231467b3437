import Domain
import Engine
import JSON
import SQL

/// Whom a condition describes now, before it is saved. Over more contacts than there is time for it is an estimate, of
/// contacts spread evenly over all, and says so.
struct SegmentPreview {
  /// A reader is held for so long at most.
  private static let nanoseconds: Int64 = 2_000_000_000
  private static let page = 64
  private static let sampled = 20

  private var count = 0
  private var lookedAt = 0
  private var contacts = 0
  private var isExact = true
  private var sample: [String] = []

  /// Cost: about 20 µs a contact, two seconds at most.
  init(
    _ condition: Condition, timeline: Timeline, rules: Rules, now: Timestamp, monotonic: () -> Int64, _ db: Connection
  ) throws {
    let people = People()
    let newest = try people.newest(db)
    let pages = Int(newest + Int64(Self.page) - 1) / Self.page
    let until = monotonic() + Self.nanoseconds
    for page in SpreadOrder(count: pages) {
      if monotonic() >= until {
        isExact = false
        break
      }
      let first = Int64(page * Self.page)
      for contact in try people.contacts(first + 1...first + Int64(Self.page), db) {
        lookedAt += 1
        let view = PastView(
          contact, run: nil, position: .max, moment: now, timeline: timeline, rules: rules, db)
        guard try Evaluator(view: view, run: .none(at: now), now: now).evaluate(condition).holds else { continue }
        count += 1
        if sample.count < Self.sampled { sample.append(contact.publicID) }
      }
    }
    contacts = isExact ? lookedAt : try people.count(db)
  }

  /// How many there are, exactly or about.
  var estimate: Int {
    if isExact || lookedAt == 0 { return count }
    return Int((Double(count) * Double(contacts) / Double(lookedAt)).rounded())
  }

  func json(warnings: [Issue]) -> JSONValue {
    [
      "count": .number(JSONNumber(estimate)), "exact": .bool(isExact),
      "looked_at": .number(JSONNumber(lookedAt)), "contacts": .number(JSONNumber(contacts)),
      "sample": .array(sample.map { ["id": .string($0)] }), "warnings": warnings.json,
    ]
  }
}

/// 0..<count in an order whose every beginning is spread evenly: by the bits of the place, read backwards (van der
/// Corput's sequence).
struct SpreadOrder: Sequence {
  let count: Int

  func makeIterator() -> some IteratorProtocol<Int> {
    let bits = count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount
    return (0..<(1 << bits)).lazy.map { place in
      bits == 0 ? 0 : Int(truncatingIfNeeded: UInt(place).bitReversed >> UInt(UInt.bitWidth - bits))
    }.filter { $0 < count }.makeIterator()
  }
}

extension UInt {
  fileprivate var bitReversed: UInt {
    var (left, right) = (self, UInt(0))
    for _ in 0..<UInt.bitWidth {
      right = right << 1 | left & 1
      left >>= 1
    }
    return right
  }
}
