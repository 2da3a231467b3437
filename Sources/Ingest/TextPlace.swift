import Domain

/// Turns places within one item of a call into places of the call. Goes forward only: all items together cost one
/// pass over the text, and good ones nothing.
struct TextPlace {
  private let text: [UInt8]
  private var offset = 0
  private var line = 1
  private var column = 1

  init(_ text: [UInt8]) { self.text = text }

  mutating func located(_ item: EventReader.Item, from start: Int) -> EventReader.Item {
    guard case .refused(let issues) = item else { return item }
    advance(to: start)
    return .refused(issues.map(located))
  }

  private func located(_ issue: Issue) -> Issue {
    var issue = issue
    let line = issue.line ?? 1
    let column = issue.column ?? 1
    issue.line = self.line + line - 1
    issue.column = line == 1 ? self.column + column - 1 : column
    return issue
  }

  private mutating func advance(to start: Int) {
    for byte in text[offset..<start] {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    offset = start
  }
}
