import Domain

/// Doubts about how a letter will be received. Each says why; none is a refusal.
enum TemplateHints {
  /// What a phone shows of a subject.
  static let shortSubject = 60

  static func warnings(_ document: TemplateDocument, namesUnsubscribe: Bool) -> [Issue] {
    let bodies = [document.bodies] + document.locales.sorted { $0.key < $1.key }.map(\.value)
    var warnings = bodies.compactMap(\.subject).flatMap(subject)
    if document.bodies.subject != nil, let html = document.bodies.html, !namesUnsubscribe {
      warnings.append(
        html.issue(
          at: 0, .doubtful, "expected `{{links.unsubscribe}}` in a letter, got none",
          hint: "who finds no link reports the letter as spam; leave it out of transactional ones alone"))
    }
    return warnings
  }

  private static func subject(_ subject: TemplateText) -> [Issue] {
    let written = withoutTags(subject.text)
    var warnings: [Issue] = []
    func warn(_ detail: String, _ reason: String) {
      warnings.append(subject.issue(at: 0, .doubtful, detail, hint: reason))
    }
    if longest(subject.text) > shortSubject {
      warn(
        "expected a short subject, got \(longest(subject.text)) characters",
        "a phone shows about \(shortSubject); the rest is cut off")
    }
    if !subject.text.contains("contact.") {
      warn(
        "expected the reader's name where it is known, got none",
        "{{#contact.first_name}}{{contact.first_name}}, {{/contact.first_name}}: a name is opened more often")
    }
    if written.contains(where: \.isNumber) {
      warn("expected no exact figures, got some", "an exact figure reads like an advertisement; say it in the letter")
    }
    if let word = freeWord(in: written) {
      warn("expected no `\(word)`, got it", "spam filters know the word; “thank you” and “gift” do better")
    }
    return warnings
  }

  private static func freeWord(in text: String) -> String? {
    text.lowercased().split { !$0.isLetter }.map(String.init).first { $0 == "free" || $0.hasPrefix("бесплатн") }
  }

  /// What stands there whatever the values are.
  private static func withoutTags(_ text: String) -> String {
    let bytes = Array(text.utf8)
    return TemplateScanner(bytes).pieces.map { piece in
      if case .text(let range) = piece { String(decoding: bytes[range], as: UTF8.self) } else { " " }
    }.joined()
  }

  /// Of `{{#x}}…{{/x}}` and `{{^x}}…{{/x}}` only one is seen, so only the longer counts; a value counts as eight.
  private static func longest(_ text: String) -> Int {
    let bytes = Array(text.utf8)
    var levels: [(length: Int, ended: (name: String, length: Int)?)] = [(0, nil)]
    for piece in TemplateScanner(bytes).pieces {
      let last = levels.count - 1
      switch piece {
      case .text(let range):
        levels[last].length += String(decoding: bytes[range], as: UTF8.self).count
        levels[last].ended = nil
      case .tag(let tag):
        switch tag.kind {
        case .value, .rawValue: levels[last].length += 8
        case .section, .inverted: levels.append((0, nil))
        case .end where last > 0:
          let length = levels.removeLast().length
          let other = levels[last - 1].ended.flatMap { $0.name == tag.written ? $0.length : nil } ?? 0
          levels[last - 1].length += max(0, length - other)
          levels[last - 1].ended = (tag.written, max(length, other))
        case .end, .partial, .comment: break
        }
      }
    }
    return levels.reduce(0) { $0 + $1.length }
  }
}
