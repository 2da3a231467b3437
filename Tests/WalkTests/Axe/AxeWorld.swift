import Foundation
import JSON
import Testing

/// A shop with live chains whose every event and letter can be told apart, for tests that disturb it.
struct AxeWorld {
  let shop: Shop
  let book = ClientBook()
  private let clock: WallClock?

  /// So many days are kept for sure, by the days that the book counts: what was acknowledged may have been stored a few
  /// days earlier, and answered in vain.
  private static let daysKept = 5

  /// - Parameters:
  ///   - clock: the server's, a day further in each life; everything is deleted after a week then.
  ///   - prepare: before the first start; gets the data folder's path.
  init(clock: WallClock? = nil, prepare: (String) throws -> Void = { _ in }, under: [String] = []) throws {
    self.clock = clock
    // Some letters are taken a while before the answer: a kill between the two is the moment that matters.
    shop = try Shop(
      clock: nil, mail: ["--journal", "--slow-every", "25"],
      retention: clock == nil ? nil : ["events": "7d", "messages": "7d", "traces": "7d"], opens: false)
    try prepare(shop.dataPath)
    try open(under: under)
    try shop.template("letter", ["subject": "Hello {{trigger.n}}", "text": "Hello {{contact.email}}"])
    try publish(.order, [["send": "email", "template": "letter"]])
    try publish(.visit, [["wait": "1s"], ["send": "email", "template": "letter"]])
  }

  private func publish(_ kind: Posted.Kind, _ steps: JSONValue) throws {
    try shop.publish(
      kind.rawValue,
      [
        "enter": ["event": .string(kind.rawValue)], "per": "n", "reenter": "always", "purpose": "transactional",
        "steps": steps,
      ])
  }

  func open(under: [String] = []) throws { try launch(under: under).awaitReady() }

  func launch(under: [String] = []) throws -> Zveno {
    try shop.launch(under: under, environment: clock?.environment ?? [:])
  }

  /// For the next start.
  func turnDay(_ day: Int) throws {
    guard let clock else { return }
    try clock.set(seconds: Int64(day) * 86_400)
    book.turnDay()
  }

  func load(_ name: String, seed: UInt64 = 1, isHurried: Bool = false) throws -> Load {
    Load(port: try #require(shop.zveno).port, name: name, seed: seed, book: book, isHurried: isHurried)
  }

  func taken() throws -> [Taken] { try shop.mail.journal().map { try Taken(line: $0) } }

  /// Everything that was ever sent is acknowledged, and nothing is left to be done.
  func settle() throws {
    let port = try #require(shop.zveno).port
    try eventually("what was not answered is acknowledged when it is sent again") { book.postOpen(port: port) }
    try eventually("every event has acted, every run has ended, no message waits", seconds: 180) {
      try Figures(shop).areSettled
    }
  }

  /// Nothing is wrong with what a server has left behind, however it ended.
  func verify() throws {
    let run = try Zveno.run(["verify", shop.dataPath])
    #expect(run.status == 0, "\(run.output)")
  }

  /// Ends the server in good order and looks at what it leaves behind.
  func check() throws {
    #expect(shop.close() == 0)
    try verify()
    let oddities = book.oddities
    #expect(oddities.isEmpty, "\(oddities.count): \(oddities.prefix(3))")
    let books = try Books(shop.dataPath + "/zveno.sqlite")
    try books.checkFile()
    let recent = book.acknowledged(inDays: Self.daysKept)
    try books.checkEvents(book.acknowledged, recent: recent)
    try books.checkMessages(book.acknowledged, recent: recent, taken: taken())
    try books.checkFigures()
  }
}

/// What `/metrics` says, as far as it tells that all is done.
struct Figures {
  private let samples: [String: Double]

  init(_ shop: Shop) throws {
    let lines = try shop.call("GET", "/metrics").text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    samples = Dictionary(
      lines.compactMap { line in
        let parts = line.split(separator: " ")
        return parts.count == 2 ? Double(parts[1]).map { (String(parts[0]), $0) } : nil
      }, uniquingKeysWith: { $1 })
  }

  subscript(name: String) -> Double? { samples[name] }

  var areSettled: Bool {
    samples["zveno_engine_unread_events"] == 0
      && samples.allSatisfy { name, count in
        let waits =
          name.hasPrefix("zveno_chain_runs{") && name.contains("state=\"active\"")
          || name.hasPrefix("zveno_messages_total{")
            && (name.contains("status=\"planned\"") || name.contains("status=\"sending\""))
        return !waits || count == 0
      }
  }
}
