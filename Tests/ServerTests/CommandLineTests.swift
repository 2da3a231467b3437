import ArgumentParser
import Domain
import Foundation
import Testing

@testable import Server

/// What `zveno` says of itself, held to what it takes.
@Suite("The command line") struct CommandLineTests {
  private struct Command {
    let words: [String]
    let type: any ParsableCommand.Type
  }

  /// Every command, groups among them.
  private static func all(_ type: any ParsableCommand.Type = Zveno.self, after words: [String] = []) -> [Command] {
    let here = words + [type.configuration.commandName ?? ""]
    return [Command(words: here, type: type)] + type.configuration.subcommands.flatMap { all($0, after: here) }
  }

  /// The lines of a text that call `zveno`, up to a pipe and with what a shell takes away.
  private static func examples(in text: String) -> [[String]] {
    text.split(separator: "\n").compactMap { line -> [String]? in
      let calls = line.split(separator: "|").map { $0.split(separator: " ").map(String.init) }
      guard line.hasPrefix("  "), let call = calls.first(where: { $0.first == "zveno" }) else { return nil }
      return Array(call.dropFirst().prefix { !["<", ">"].contains($0) })
    }
  }

  /// Remarks stand after the words, three blanks apart.
  private static func withoutRemarks(_ text: String) -> String {
    text.split(separator: "\n").map { line in
      let indent = line.prefix { $0 == " " }
      let rest = line.dropFirst(indent.count)
      return indent + (rest.firstRange(of: "   ").map { rest[..<$0.lowerBound] } ?? rest)
    }.joined(separator: "\n")
  }

  @Test("every command says what it is for, and shows examples that it takes")
  func examples() throws {
    let commands = Self.all()
    #expect(commands.count > 20)
    for command in commands {
      let words = command.words.joined(separator: " ")
      #expect(!command.type.configuration.abstract.isEmpty, "\(words)")
      let discussion = command.type.configuration.discussion
      #expect(discussion.contains("EXAMPLES\n"), "\(words)")
      let examples = Self.examples(in: Self.withoutRemarks(discussion))
      #expect(!examples.isEmpty, "\(words)")
      for example in examples {
        let parsed = try? Zveno.parseAsRoot(example.filter { !$0.hasSuffix("*.json") })
        #expect(parsed != nil, "\(words): zveno \(example.joined(separator: " "))")
        if command.words.count > 1, command.type.configuration.subcommands.isEmpty {
          #expect(
            Array(example.prefix(command.words.count - 1)) == Array(command.words.dropFirst()),
            "\(words): zveno \(example.joined(separator: " "))")
        }
      }
    }
  }

  @Test("docs/cli.md has each command and each exit status")
  func documentation() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/cli.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    for command in Self.all() where command.type.configuration.subcommands.isEmpty {
      #expect(text.contains("`\(command.words.joined(separator: " "))"), "\(command.words)")
    }
    let statuses = [
      ExitStatus.found, ExitStatus.changes, ExitStatus.usage, ExitStatus.unavailable, ExitStatus.inside,
      ExitStatus.configuration,
    ]
    for status in statuses {
      #expect(text.contains("| \(status.rawValue) |"), "\(status.rawValue)")
      #expect(Zveno.configuration.discussion.contains("  \(status.rawValue) "), "\(status.rawValue)")
    }
  }

  @Test("an error in one template is found once, however many lie beside it")
  func checkedOnce() throws {
    let folder = try TemporaryFolder()
    for name in ["b", "c", "d"] {
      try folder.write(#"{"subject": "Hello", "text": "Hi"}"#, to: "templates/\(name).json")
    }
    try folder.write("{", to: "templates/a.json")
    var surroundings = Surroundings()
    let files = try CheckedFile.files(folder.path)
    #expect(files.count == 4)
    let found = try files.flatMap { try CheckedFile.findings($0, &surroundings) }
    #expect(found.map(\.path) == [folder.path + "/templates/a.json"])
    try folder.write(#"{"subject": "Hello", "text": "{{> nobody}}"}"#, to: "templates/a.json")
    var others = Surroundings()
    #expect(try files.flatMap { try CheckedFile.findings($0, &others) }.map(\.issue.pointer) == ["/text"])
  }

  @Test("a difference is shown as diff -u shows it")
  func differences() {
    let old = (1...20).map { "line \($0)\n" }.joined()
    let new = old.replacing("line 3\n", with: "line three\n").replacing("line 18\n", with: "line 18\nline 18a\n")
    #expect(
      UnifiedDiff(old, new, names: ("old", "new")).lines == [
        "--- old", "+++ new", "@@ -1,6 +1,6 @@", " line 1", " line 2", "-line 3", "+line three", " line 4", " line 5",
        " line 6", "@@ -16,5 +16,6 @@", " line 16", " line 17", " line 18", "+line 18a", " line 19", " line 20",
      ])
    #expect(UnifiedDiff(old, old, names: ("old", "new")).lines.isEmpty)
    #expect(UnifiedDiff(nil, "a\n", names: ("/dev/null", "new")).lines.dropFirst(2) == ["@@ -0,0 +1 @@", "+a"])
    let steering = UnifiedDiff("a", "\u{1B}[2Jb", names: ("old", "new")).shown(coloured: false)
    #expect(steering.last == "+·[2Jb")
  }

  @Test("a difference of random texts is one that patch takes", arguments: 0..<40)
  func patches(seed: Int) throws {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    func random(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
    let old = (0..<random(60)).map { _ in "\(random(8))" }
    var new = old
    for _ in 0..<random(8) {
      if random(2) == 0, !new.isEmpty {
        new.remove(at: random(new.count))
      } else {
        new.insert("x\(random(5))", at: random(new.count + 1))
      }
    }
    let text = { (lines: [String]) in lines.map { $0 + "\n" }.joined() }
    let diff = UnifiedDiff(text(old), text(new), names: ("a", "b"))
    #expect(Self.patched(old, diff.lines) == new)
  }

  /// As patch(1) reads a difference: places, context and lines must fit.
  private static func patched(_ old: [String], _ diff: [String]) -> [String]? {
    var (result, at) = ([String](), 0)
    for line in diff.dropFirst(2) {
      switch line.first {
      case "@":
        let numbers = line.split { !$0.isNumber && $0 != "," }.map { $0.split(separator: ",").compactMap { Int($0) } }
        let start = numbers[0].count > 1 && numbers[0][1] == 0 ? numbers[0][0] : numbers[0][0] - 1
        guard start >= at, start <= old.count else { return nil }
        result += old[at..<start]
        at = start
        let to = numbers[1].count > 1 && numbers[1][1] == 0 ? numbers[1][0] : numbers[1][0] - 1
        guard result.count == to else { return nil }
      case "+": result.append(String(line.dropFirst()))
      case "-", " ":
        guard at < old.count, old[at] == line.dropFirst() else { return nil }
        if line.first == " " { result.append(old[at]) }
        at += 1
      default: return nil
      }
    }
    return result + old[at...]
  }
}
