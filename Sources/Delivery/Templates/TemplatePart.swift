/// The bodies of a template. Each is escaped in its own way: HTML by the place a value stands in, text not at all, and
/// a subject is one line whatever is put into it.
public enum TemplatePart: String, Sendable, CaseIterable {
  case subject, text, html

  /// Of the body as it is written.
  var maxBytes: Int {
    switch self {
    case .subject: 1000
    case .text: 64 * 1024
    case .html: 256 * 1024
    }
  }

  /// Of the body as it goes out.
  var maxRenderedBytes: Int {
    switch self {
    case .subject: 2000
    case .text, .html: 1 << 20
    }
  }
}

/// The bodies in one language.
public struct TemplateBodies: Sendable {
  public var subject: TemplateText?
  public var text: TemplateText?
  public var html: TemplateText?

  public init(subject: TemplateText? = nil, text: TemplateText? = nil, html: TemplateText? = nil) {
    (self.subject, self.text, self.html) = (subject, text, html)
  }

  public subscript(part: TemplatePart) -> TemplateText? {
    get {
      switch part {
      case .subject: subject
      case .text: text
      case .html: html
      }
    }
    set {
      switch part {
      case .subject: subject = newValue
      case .text: text = newValue
      case .html: html = newValue
      }
    }
  }

  var parts: [TemplatePart] { TemplatePart.allCases.filter { self[$0] != nil } }
}
