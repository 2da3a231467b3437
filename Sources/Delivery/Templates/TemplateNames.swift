import Domain

/// The names that templates know before any section brings others.
public struct TemplateNames: Sendable {
  /// What is in the shop's configuration and among a message's links; nothing else can be.
  private let closed: [String: Set<String>]

  static let open = ["contact", "trigger", "latest", "data", "flags"]
  /// Of the chain language, for later.
  static let later: Set<String> = ["points", "coupon", "survey", "products"]

  public init(
    shop: Set<String> = ["name", "url", "time_zone", "locale", "currency"], links: Set<String> = ["unsubscribe"]
  ) {
    closed = ["shop": shop, "links": links]
  }

  var roots: [String] { Self.open + closed.keys.sorted() }

  /// What can be known to be wrong with a path; nil when nothing.
  func mistake(in path: [String]) -> (code: Issue.Code, detail: String, hint: String?)? {
    guard let root = path.first else { return nil }
    if Self.later.contains(root) { return (.notYet, "`\(root)` comes with a later version", nil) }
    if Self.open.contains(root) { return nil }
    guard let members = closed[root] else {
      let meant = nearest(to: root, among: roots).map { ([$0] + path.dropFirst()).joined(separator: ".") }
      let guess = meant ?? (path.count == 1 ? "contact.\(root)" : nil)
      return (
        .unknownReference, "expected a name in \(roots.joined(separator: ", ")), got `\(path.joined(separator: "."))`",
        guess.map { "did you mean `\($0)`?" }
      )
    }
    guard path.count > 1, !members.contains(path[1]) else { return nil }
    return (
      .unknownReference,
      "expected `\(root).` with one of \(members.sorted().joined(separator: ", ")), got `\(root).\(path[1])`",
      nearest(to: path[1], among: members.sorted()).map { "did you mean `\(root).\($0)`?" }
    )
  }
}
