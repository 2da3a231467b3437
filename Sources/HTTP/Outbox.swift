/// Bytes of one connection on their way out. Small answers gather in one piece, large bodies are not copied, and a file
/// is read as it is sent.
struct Outbox {
  private var pieces: [[UInt8]] = []
  private var first = 0
  /// Of the first piece.
  private var sent = 0
  /// In memory.
  private(set) var count = 0
  /// The last of it, behind all pieces.
  private var file: FileBody?
  private var fileSent = 0

  /// A body from this size on is a piece of its own.
  private static let ownPiece = 64 * 1024

  var isEmpty: Bool { count == 0 && file == nil }

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

  /// Behind what is there; the last there will be.
  mutating func append(_ file: FileBody) { self.file = file.count > 0 ? file : nil }

  /// Sends until all is sent or the socket takes no more; of a file, one piece. Returns the bytes sent, nil when the
  /// connection is broken.
  mutating func flush(_ descriptor: Int32) -> Int? {
    guard let sent = flushPieces(descriptor) else { return nil }
    guard count == 0, let file else { return sent }
    return flush(file, descriptor).map { sent + $0 }
  }

  private mutating func flush(_ file: FileBody, _ descriptor: Int32) -> Int? {
    guard let piece = file.piece(at: fileSent) else { return nil }
    switch Sockets.send(descriptor, piece, from: 0, more: fileSent + piece.count < file.count) {
    case .bytes(let bytes):
      fileSent += bytes
      if fileSent == file.count { self.file = nil }
      return bytes
    case .nothing: return 0
    case .broken: return nil
    }
  }

  private mutating func flushPieces(_ descriptor: Int32) -> Int? {
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
