/// What a template has become for one contact.
public struct RenderedMessage: Sendable, Hashable {
  /// One line.
  public var subject: String?
  public var text: String?
  public var html: String?

  public init(subject: String? = nil, text: String? = nil, html: String? = nil) {
    (self.subject, self.text, self.html) = (subject, text, html)
  }
}
