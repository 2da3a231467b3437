/// Where connections come in. Belongs to one loop's thread; the listening socket may be shared with others.
struct Entrance {
  /// What the poller reports a visitor as.
  static let data = UInt64.max - 1
  private static let acceptsPerTurn = 128

  private let poller: Poller
  private var listener: Listener?
  private var spare = Sockets.spare()
  private(set) var isOpen = false

  init(_ listener: Listener, _ poller: Poller) {
    self.listener = listener
    self.poller = poller
    open()
  }

  mutating func open() {
    guard let listener, !isOpen else { return }
    isOpen = poller.add(listener.descriptor, data: Self.data, reads: true, writes: false, isShared: true)
  }

  /// Whoever comes waits in the backlog.
  private mutating func shut() {
    guard let listener, isOpen else { return }
    poller.remove(listener.descriptor)
    isOpen = false
  }

  /// For good: the socket is closed with its last owner.
  mutating func close() {
    shut()
    listener = nil
    Sockets.close(spare)
    spare = -1
  }

  struct Arrivals {
    var connections: [(descriptor: Int32, remoteAddress: String)] = []
    /// Cut because no descriptor was left.
    var cut = 0
  }

  /// Takes the connections that wait, a bounded number.
  mutating func accept() -> Arrivals {
    var arrivals = Arrivals()
    guard let listener, isOpen else { return arrivals }
    for _ in 0..<Self.acceptsPerTurn {
      switch Sockets.accept(listener.descriptor) {
      case .connection(let descriptor, let remoteAddress): arrivals.connections.append((descriptor, remoteAddress))
      case .gone: continue
      case .nothing: return arrivals
      case .exhausted:
        arrivals.cut = turnAway(listener)
        return arrivals
      }
    }
    return arrivals
  }

  /// Out of descriptors: the spare one is given up to take a connection and cut it. Then the entrance is shut until
  /// somebody opens it, or epoll would report the waiting ones for ever.
  private mutating func turnAway(_ listener: Listener) -> Int {
    Sockets.close(spare)
    defer {
      spare = Sockets.spare()
      shut()
    }
    guard case .connection(let descriptor, _) = Sockets.accept(listener.descriptor) else { return 0 }
    Sockets.close(descriptor)
    return 1
  }
}
