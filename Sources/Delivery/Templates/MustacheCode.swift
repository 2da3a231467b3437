/// Writes what swift-mustache is given: `{{&r0}}{{#s1}}{{&r1}}{{/s1}}`, where `r` is a run of text and values that no
/// section divides, and `s` a section. It walks through sections and lists; a run it asks for as a whole, since it takes
/// some ten thousand instructions for each name. Nothing that somebody wrote stands in its source, so its own rules
/// for braces and lines never apply.
struct MustacheCode: Sendable {
  enum Piece: Sendable {
    case text(String)
    /// The number of a reference.
    case value(Int)
  }

  struct Run: Sendable {
    var pieces: [Piece] = []
    /// Of its texts.
    var bytes = 0
  }

  private(set) var runs: [Run] = []
  private(set) var source = ""
  /// Whether what is added next goes on with the last run.
  private var isInRun = false

  mutating func add(_ piece: Piece) {
    if !isInRun {
      source += "{{&r\(runs.count)}}"
      runs.append(Run())
      isInRun = true
    }
    runs[runs.count - 1].pieces.append(piece)
    if case .text(let text) = piece { runs[runs.count - 1].bytes += text.utf8.count }
  }

  mutating func add(section mark: Character, _ number: Int) {
    source += "{{\(mark)s\(number)}}"
    isInRun = false
  }
}
