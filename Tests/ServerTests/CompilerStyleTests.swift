import Testing

import struct Domain.Issue

@testable import Server

@Suite struct CompilerStyleTests {
  private func text(_ source: String, line: Int, column: Int, detail: String = "wrong", coloured: Bool = false)
    -> String
  {
    let issue = Issue(pointer: "/a", line: line, column: column, code: .badValue, detail: detail, hint: "write it well")
    return CompilerStyle.text(
      issue, file: "cart.json", severity: .error, source: Array(source.utf8), coloured: coloured)
  }

  @Test("an error stands above its line, and what is meant is marked")
  func marks() {
    #expect(
      text("{\n  \"steps\": [{\"wiat\": \"1h\"}]\n}\n", line: 2, column: 14) == """
        cart.json:2:14: error: wrong — write it well [/a]
            "steps": [{"wiat": "1h"}]
                       ^~~~~~
        """)
    #expect(text("{\"a\": 24, \"b\": 1}", line: 1, column: 7).hasSuffix("\n        ^~"))
    #expect(text("{\"a\": [1, 2]}", line: 1, column: 7).hasSuffix("\n        ^"))
    // Columns count code points, and a tab is as wide as the terminal makes it.
    #expect(text("\t{\"имя\": \"x\\\"y\"}", line: 1, column: 10).hasSuffix("\n  \t        ^~~~~~"))
  }

  @Test("where the text ends too early the mark stands behind it, and a line that is not there shows nothing")
  func atTheEnd() {
    #expect(text("{\"a\":", line: 1, column: 6).hasSuffix("\n  {\"a\":\n       ^"))
    #expect(text("{}", line: 7, column: 1) == "cart.json:7:1: error: wrong — write it well [/a]")
  }

  @Test("of a very long line the part around the place is shown")
  func cuts() {
    let before = String(repeating: "x", count: 5000)
    let lines = text("{\"\(before)\": 7, \"y\": \"\(before)\"}", line: 1, column: 5006).split(separator: "\n")
    #expect(lines.count == 3 && lines[1].count < 120)
    #expect(lines[1].hasPrefix("  …") && lines[1].hasSuffix("…") && lines[2].last == "^")
    #expect(lines[1].dropFirst(lines[2].count - 1).first == "7")
  }

  @Test("what a file says does not steer the terminal")
  func isHarmless() {
    let shown = text("{\"\u{1B}[2J\u{202E}\": 1}", line: 1, column: 2, detail: "got \u{1B}[31mred\u{7}")
    #expect(!shown.unicodeScalars.contains { $0.value < 32 && $0 != "\n" || $0.value == 0x202E })
    #expect(text("{}", line: 1, column: 1, coloured: true).contains("\u{1B}[1;31merror:\u{1B}[0m"))
  }
}
