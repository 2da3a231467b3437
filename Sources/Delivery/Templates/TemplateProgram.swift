import JSON
import Mustache

/// A body ready to be rendered: a Mustache template in which sections, and all between them, are numbers (`{{#s7}}`,
/// `{{&r3}}`), and what the numbers stand for. Why: names then resolve by our own rules, so that a missing value is seen
/// (swift-mustache prints nothing for it, silently), and any letter may stand in a name.
struct TemplateProgram: Sendable {
  /// A name in its place.
  struct Reference: Sendable {
    var expression: TemplateExpression
    var escape: TemplateEscape
    var line: Int
    var column: Int
    /// Which partial it stands in.
    var partial: String?
    /// Of a section: whether `.` is said directly inside.
    var isItemAsked = false
  }

  let part: TemplatePart
  /// `/html`, `/locales/en/html`.
  let pointer: String
  let code: MustacheCode
  let references: [Reference]
  let mustache: MustacheTemplate
}

/// How a value is made harmless for the place it stands in.
enum TemplateEscape: Sendable, Equatable {
  case plain
  case html
  /// At the beginning of an address: only schemes that lead somewhere.
  case address
  /// In a style: letters, digits and `#%.,_ -` only.
  case style
}

/// A piece of output: already escaped, swift-mustache adds it as it is.
///
/// It is its own representation, since a cast that succeeds is several times cheaper than one that fails, and
/// swift-mustache tries this one for every name.
final class Printed: MustacheCustomRenderable, MustacheCustomRepresentation, Sendable {
  let renderText: String
  var isNull: Bool { false }
  var representation: Any? { self }

  init(_ text: String) { renderText = text }

  static let nothing = Printed("")
}
