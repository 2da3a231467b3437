/// Bytes of one connection on their way out. Small answers gather in one piece, large bodies are not copied.
struct Outbox {
  private var pieces: [[UInt8]] = []
  private var first = 0
  /// Of the first piece.
  private var sent = 0
  private(set) var count = 0

  /// A body from this size on is a piece of its own.
  private static let ownPiece = 64 * 1024

  var isEmpty: Bool { count == 0 }

  mutating func append(head write: (inout [UInt8]) -> Void, body: [UInt8]) {
    if pieces.isEmpty || pieces[pieces.count - 1].count >= Self.ownPiece { pieces.append([]) }
    let last = pieces.count - 1
    let before = pieces[last].count
    write(&pieces[last])
    if body.count < Self.ownPiece { pieces[last].append(contentsOf: body) }
    count += pieces[last].count - before
    guard body.count >= Self.ownPiece else { return }
    pieces.append(body)
    count += body.count
  }

  /// Sends until all is sent or the socket takes no more. Returns the bytes sent, nil when the connection is broken.
  mutating func flush(_ descriptor: Int32) -> Int? {
    var total = 0
    while first < pieces.count {
      let length = pieces[first].count
      if length > sent {
        switch Sockets.send(descriptor, pieces[first], from: sent, more: first + 1 < pieces.count) {
        case .bytes(let bytes):
          sent += bytes
          total += bytes
        case .nothing:
          count -= total
          return total
        case .broken: return nil
        }
      }
      if sent == length { dropFirst() }
    }
    count -= total
    if pieces.count == 1, pieces[0].capacity <= 4_096 {
      pieces[0].removeAll(keepingCapacity: true)
    } else {
      pieces = []
    }
    first = 0
    return total
  }

  private mutating func dropFirst() {
    if first > 0 || pieces.count > 1 { pieces[first] = [] }
    first += 1
    sent = 0
  }
}
