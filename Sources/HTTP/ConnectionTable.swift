/// The connections of one loop by the number epoll carries for them. A slot is used again, its generation is not: what was
/// meant for an earlier connection finds nothing.
struct ConnectionTable {
  private var slots: [Connection?] = []
  private var generations: [UInt32] = []
  private var free: [UInt32] = []
  private(set) var count = 0

  mutating func add(_ make: (ConnectionID) -> Connection) -> Connection {
    let slot = free.popLast() ?? UInt32(slots.count)
    if Int(slot) == slots.count {
      slots.append(nil)
      generations.append(0)
    }
    generations[Int(slot)] = (generations[Int(slot)] + 1) & 0x7FFF_FFFF
    let connection = make(ConnectionID(slot: slot, generation: generations[Int(slot)]))
    slots[Int(slot)] = connection
    count += 1
    return connection
  }

  mutating func remove(_ connection: Connection) {
    slots[Int(connection.id.slot)] = nil
    free.append(connection.id.slot)
    count -= 1
  }

  subscript(id: ConnectionID) -> Connection? {
    guard Int(id.slot) < slots.count, let connection = slots[Int(id.slot)], connection.id == id else { return nil }
    return connection
  }

  var all: [Connection] { slots.compactMap { $0 } }
}
