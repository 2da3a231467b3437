/// A place where bytes of strangers come in, and what must hold whatever they are.
struct Door: Sendable {
  /// As `make fuzz` and the folders of `Tests/Corpora/fuzz` call it.
  let name: String
  /// Folders of `Tests/Corpora` that serve as inputs too.
  var moreInputs: [String] = []
  /// Throws `Broken` when something does not hold; a trap or a hang says the same.
  let enter: @Sendable (_ bytes: [UInt8]) throws(Broken) -> Void

  static let all = [
    Door(name: "http", enter: HTTPDoor.enter), Door(name: "json", enter: JSONDoor.enter),
    Door(
      name: "chain", moreInputs: ["chains/valid", "chains/broken", "segments/valid", "segments/broken"],
      enter: ChainDoor.enter),
    Door(name: "mail", enter: MailDoor.enter),
  ]

  static func named(_ name: String) -> Door? { all.first { $0.name == name } }
}

/// What did not hold.
struct Broken: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// Throws unless it holds.
  static func unless(_ holds: Bool, _ what: @autoclosure () -> String) throws(Broken) {
    guard holds else { throw Broken(what()) }
  }
}
