/// What is going to happen, in the order of time and, at one instant, of entry.
struct Timetable {
  private struct Entry {
    let time: Int64
    let number: Int
    let happening: Happening
  }

  /// The latest first, so that taking the next is cheap.
  private var entries: [Entry] = []
  private var count = 0

  init(_ happenings: [(time: Int64, happening: Happening)]) {
    let numbered = happenings.enumerated().map { Entry(time: $1.time, number: $0, happening: $1.happening) }
    entries = numbered.sorted { ($0.time, $0.number) > ($1.time, $1.number) }
    count = happenings.count
  }

  mutating func add(_ happening: Happening, at time: Int64) {
    let entry = Entry(time: time, number: count, happening: happening)
    count += 1
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].time > time { low = middle + 1 } else { high = middle }
    }
    entries.insert(entry, at: low)
  }

  var next: Int64? { entries.last?.time }

  /// What happens until then, in order.
  mutating func take(through time: Int64) -> [Happening] {
    var taken: [Happening] = []
    while let last = entries.last, last.time <= time {
      taken.append(last.happening)
      entries.removeLast()
    }
    return taken
  }
}

enum Happening {
  /// A client calls.
  case call(Call)
  /// The provider answers the hand-over of this number.
  case answer(Int)
  /// The process starts again.
  case start
  /// Somebody sets the wall clock, by milliseconds.
  case setClock(Int64)
  /// Somebody makes room, or changes the disk.
  case healDisk
}
