/// Statements by their text, the least recently used one dropped when full. One in use is not given again: the same text
/// inside its own loop gets a second statement.
struct StatementCache {
  /// A kept statement. Marking it costs no look-up.
  final class Slot {
    let statement: Statement
    var isBusy = true
    fileprivate var lastUse: UInt64 = 0

    init(_ statement: Statement) { self.statement = statement }
  }

  /// A text of hundreds of bytes, hashed by its length and a few of them: texts here are few, and asked for all the time.
  private struct Key: Hashable {
    let text: String

    static func == (a: Key, b: Key) -> Bool { a.text == b.text }

    func hash(into hasher: inout Hasher) {
      let utf8 = text.utf8
      hasher.combine(utf8.count)
      for place in [utf8.count / 3, utf8.count / 2, utf8.count - 8] where place >= 0 && place < utf8.count {
        hasher.combine(utf8[utf8.index(utf8.startIndex, offsetBy: place)])
      }
    }
  }

  private let capacity: Int
  private var slots: [Key: Slot] = [:]
  private var uses: UInt64 = 0

  init(capacity: Int) { self.capacity = capacity }

  /// Nil when there is none, or it is in use.
  mutating func take(_ sql: String) -> Slot? {
    guard let slot = slots[Key(text: sql)], !slot.isBusy else { return nil }
    uses += 1
    slot.lastUse = uses
    slot.isBusy = true
    return slot
  }

  /// Keeps a new statement for later, unless its text has one already.
  mutating func keep(_ statement: Statement, _ sql: String) -> Slot {
    let slot = Slot(statement)
    let key = Key(text: sql)
    guard slots[key] == nil else { return slot }
    if slots.count >= capacity {
      let oldest = slots.filter { !$0.value.isBusy }.min { $0.value.lastUse < $1.value.lastUse }
      if let oldest { slots[oldest.key] = nil }
    }
    uses += 1
    slot.lastUse = uses
    slots[key] = slot
    return slot
  }

  mutating func removeAll() { slots.removeAll() }
}
