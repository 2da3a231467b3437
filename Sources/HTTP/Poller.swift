import CEpoll
import Glibc

/// epoll and an eventfd that wakes it. One thread waits; any thread may wake.
final class Poller: Sendable {
  struct Event {
    /// What was given when the descriptor was added.
    let data: UInt64
    let canRead: Bool
    let canWrite: Bool
    /// An error or both directions closed.
    let isBroken: Bool
  }

  /// The data of a wake-up, and no descriptor's.
  static let wakeData = UInt64.max

  private let epoll: Int32
  private let wakeup: Int32
  private static let eventsPerTurn = 512

  init() throws(PollerError) {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    wakeup = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard epoll >= 0, wakeup >= 0 else { throw PollerError(code: errno) }
    add(wakeup, data: Self.wakeData, reads: true, writes: false)
  }

  deinit {
    Sockets.close(epoll)
    Sockets.close(wakeup)
  }

  /// `isShared`: of several pollers with the same descriptor, only some are told.
  @discardableResult
  func add(_ descriptor: Int32, data: UInt64, reads: Bool, writes: Bool, isShared: Bool = false) -> Bool {
    var event = cepoll_event(Self.mask(reads, writes) | (isShared ? EPOLLEXCLUSIVE.rawValue : 0), data)
    return unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
  }

  func change(_ descriptor: Int32, data: UInt64, reads: Bool, writes: Bool) {
    var event = cepoll_event(Self.mask(reads, writes), data)
    unsafe _ = epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
  }

  func remove(_ descriptor: Int32) {
    var event = cepoll_event(0, 0)
    unsafe _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
  }

  private static func mask(_ reads: Bool, _ writes: Bool) -> UInt32 {
    (reads ? EPOLLIN.rawValue : 0) | (writes ? EPOLLOUT.rawValue : 0)
  }

  /// Waits at most so long (-1: until something happens) and hands over what happened; wake-ups are taken silently.
  func wait(milliseconds: Int32, into events: inout [epoll_event], _ body: (Event) -> Void) {
    if events.count < Self.eventsPerTurn { events = Array(repeating: epoll_event(), count: Self.eventsPerTurn) }
    let count = unsafe epoll_wait(epoll, &events, Int32(events.count), milliseconds)
    guard count > 0 else { return }
    for index in 0..<Int(count) {
      let data = withUnsafePointer(to: &events[index]) { unsafe cepoll_data($0) }
      guard data != Self.wakeData else {
        takeWakeups()
        continue
      }
      let happened = events[index].events
      body(
        Event(
          data: data, canRead: happened & EPOLLIN.rawValue != 0, canWrite: happened & EPOLLOUT.rawValue != 0,
          isBroken: happened & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0))
    }
  }

  func wake() {
    eventfd_write(wakeup, 1)
  }

  private func takeWakeups() {
    var count: eventfd_t = 0
    unsafe _ = eventfd_read(wakeup, &count)
  }
}

/// The kernel has no epoll or no descriptor for us.
public struct PollerError: Error, Sendable, CustomStringConvertible {
  public let code: Int32

  public var description: String {
    "expected epoll to start, got: \(String(cString: strerror(code))). Raise the limit of open files"
  }
}
