import Dispatch
import Foundation
import Seeds

/// Clients that post until the server is gone or they are told to end: two with one event a call, one with JSON arrays,
/// one with NDJSON, and perhaps one without a pause between its calls. Some of what is known already, and all that is
/// open, is sent again.
final class Load: Sendable {
  private let book: ClientBook
  private let port: Int
  private let group = DispatchGroup()
  private let over = DispatchSemaphore(value: 0)

  static let contacts = 300
  private static let forms: [Posted.Form] = [.single, .single, .array, .lines]
  /// Ids of events are remembered for a week: what is sent again must be known for sure.
  private static let daysKnown = 3

  /// - Parameters:
  ///   - name: of this server's life; ids begin with it.
  ///   - isHurried: whether there is a client without pauses.
  init(port: Int, name: String, seed: UInt64, book: ClientBook, isHurried: Bool = false) {
    (self.port, self.book) = (port, book)
    for (index, form) in (Self.forms + (isHurried ? [.single] : [])).enumerated() {
      let isHurried = index == Self.forms.count
      group.enter()
      Thread { [self] in
        if !isHurried { repeatEarlier(index, form, seed) }
        send("\(name)-\(index)", form, Seeded(seed &+ UInt64(index)), isHurried)
        group.leave()
      }.start()
    }
  }

  /// Blocks until every client has its answer or knows that there will be none.
  func end() {
    over.signal()
    group.wait()
  }

  private func repeatEarlier(_ index: Int, _ form: Posted.Form, _ seed: UInt64) {
    if index == 0 { return _ = book.postOpen(port: port) }
    var chance = Seeded(seed &+ UInt64(index) &* 7919)
    let earlier = book.acknowledged(inDays: Self.daysKnown)
    let known = (0..<5).compactMap { _ in earlier.randomElement(using: &chance) }
    for events in known.chunks(of: form == .single ? 1 : 5) {
      guard book.post(events, as: form, port: port, known: true) else { return }
    }
  }

  private func send(_ prefix: String, _ form: Posted.Form, _ seeded: Seeded, _ isHurried: Bool) {
    var chance = seeded
    var number = 0
    // A pace that leaves the machine something for the server and other tests.
    let pause = isHurried ? 0 : form == .single ? 5 : 20
    while over.wait(timeout: .now() + .milliseconds(pause)) == .timedOut {
      let count = form == .single ? 1 : Int.random(in: 2...30, using: &chance)
      let events = (0..<count).map { offset in
        Posted(
          id: "\(prefix)-\(number + offset)", kind: Self.kind(manyLetters: form == .single && !isHurried, &chance),
          contact: Int.random(in: 0..<Self.contacts, using: &chance))
      }
      number += count
      // Without an answer in time it stands still, and takes callers as soon as it goes on.
      guard book.post(events, as: form, port: port) || Call.isListening(port) else { return }
    }
    over.signal()
  }

  private static func kind(manyLetters: Bool, _ chance: inout Seeded) -> Posted.Kind {
    if manyLetters { return Posted.Kind.allCases.randomElement(using: &chance) ?? .page }
    return chance.oneIn(10) ? .order : chance.oneIn(20) ? .visit : .page
  }
}
