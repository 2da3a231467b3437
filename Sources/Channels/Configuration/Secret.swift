/// A text that must not be shown: it prints as stars, whatever it is part of.
struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  let text: String

  init(_ text: String) { self.text = text }

  static let shown = "***"

  var description: String { Self.shown }
  var debugDescription: String { Self.shown }
  var customMirror: Mirror { Mirror(self, children: []) }
}

/// The secrets of a channel, as they are and as they stand in a URL.
struct Secrets: Sendable {
  private let secrets: [Secret]
  /// Shorter ones would blot out ordinary words.
  private static let minBytes = 4

  init(_ texts: Set<String>) {
    let forms = Set(texts.flatMap { [$0, Escaping.url($0), Escaping.form($0)] })
    secrets = forms.filter { $0.utf8.count >= Self.minBytes }.sorted { $0.utf8.count > $1.utf8.count }.map(Secret.init)
  }

  /// The text with each secret replaced: providers like to repeat what they were sent.
  func hidden(in text: String) -> String {
    secrets.reduce(text) { $0.replacing($1.text, with: Secret.shown) }
  }
}
