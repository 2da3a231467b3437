import Foundation
import JSON
import Testing

@testable import HTTP

/// The public cases of three other parsers; they lie beside the package, not in it.
@Suite("Public HTTP cases")
struct CorpusTests {
  /// One line of a case file, or its variant with a Host field put in.
  struct Case: CustomStringConvertible {
    let description: String
    let input: [UInt8]
    let expected: String
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/http_cases").standardizedFileURL

  static let isThere = FileManager.default.fileExists(atPath: folder.path)

  private static let lines: [(file: String, fields: JSONValue)] = ["llhttp", "httparse", "picohttpparser"].flatMap {
    name in
    let lines = (try? Data(contentsOf: folder.appending(path: name + ".jsonl"))) ?? Data()
    return lines.split(separator: UInt8(ascii: "\n")).compactMap { line in
      (try? JSONValue(parsing: Array(line))).map { (name, $0) }
    }
  }

  static let cases: [Case] = lines.flatMap { variants($0.fields, of: $0.file) }

  private static func variants(_ fields: JSONValue, of file: String) -> [Case] {
    guard let server = fields["server"]?.string, server != "n/a" else { return [] }
    let name = "\(file): \(fields["name"]?.string ?? "?")"
    let bytes = { (key: String) in fields[key]?.string.flatMap { Data(base64Encoded: $0) }.map { Array($0) } }
    var cases: [Case] = []
    if let input = bytes("input_b64") { cases.append(Case(description: name, input: input, expected: server)) }
    if let input = bytes("with_host_b64"), server == "4xx", fields["expect"]?.string == "ok" {
      cases.append(Case(description: name + " (with Host)", input: input, expected: "ok"))
    }
    return cases
  }

  /// Good for the parsers they come from, refused here on purpose.
  static func isRefusedOnPurpose(_ name: String) -> Bool {
    [
      // A fragment and userinfo have no place in a request (RFC 9110 §4.2.4, §7.1).
      "Fragment in URI", "basic auth",
      // Transfer codings but chunked alone are 501.
      "chunked` as last transfer-encoding", "#hey",
    ].contains { name.contains($0) }
  }

  /// A head without Host is refused before its body is waited for.
  static func isRefusedEarlier(_ name: String) -> Bool { name.contains("reset when no body is received") }

  /// What the parser makes of bytes that come in pieces of a size.
  private static func outcome(_ input: [UInt8], piece: Int) -> [String] {
    var parser = RequestParser(limits: HTTPLimits())
    var outcomes: [String] = []
    for start in stride(from: 0, to: input.count, by: piece) {
      parser.append(input[start..<min(start + piece, input.count)])
      taking: while true {
        switch parser.next() {
        case .needMore: break taking
        case .request(let request):
          outcomes.append("\(request.head.method) \(request.head.target.path) \(request.body)")
        case .failure(let failure):
          outcomes.append("\(failure.status)")
          return outcomes
        }
      }
    }
    return outcomes
  }

  @Test(
    "each case is taken or refused as it should be, also a byte at a time",
    .enabled(if: isThere, "the public cases are not beside this checkout"))
  func parser() {
    for one in Self.cases {
      let outcomes = Self.outcome(one.input, piece: one.input.count)
      let isRefused = outcomes.first.flatMap(Int.init) != nil
      let isTaken = !outcomes.isEmpty && !isRefused
      switch one.expected {
      case "ok": #expect(isTaken || Self.isRefusedOnPurpose(one.description), "\(one): \(outcomes)")
      case "4xx": #expect(isRefused, "\(one): \(outcomes)")
      case "wait": #expect(outcomes.isEmpty || Self.isRefusedEarlier(one.description), "\(one): \(outcomes)")
      case "then-4xx": #expect(isTaken && outcomes.count <= 2, "\(one): \(outcomes)")
      default: #expect(!outcomes.isEmpty, "\(one)")
      }
      #expect(Self.outcome(one.input, piece: 1) == outcomes, "\(one)")
      #expect(Self.outcome(one.input, piece: 7) == outcomes, "\(one)")
    }
    #expect(Self.cases.count > 450)
  }

  @Test(
    "what is left out are answers, and requests as lenient parsers read them; these too are read alike however cut",
    .enabled(if: isThere, "the public cases are not beside this checkout"))
  func others() {
    let others = Self.lines.filter { $0.fields["server"]?.string == "n/a" }
    #expect(others.count < Self.lines.count / 4)
    for (file, fields) in others {
      let kind = fields["type"]?.string ?? fields["kind"]?.string ?? ""
      #expect(kind.hasPrefix("response") || kind.contains("lenient"), "\(file): \(kind)")
      let input = fields["input_b64"]?.string.flatMap { Data(base64Encoded: $0) }.map { Array($0) } ?? []
      let outcomes = Self.outcome(input, piece: input.count)
      #expect(kind.contains("lenient") || outcomes.first.flatMap(Int.init) != nil || input.count < 20, "\(fields)")
      for piece in [1, 7] { #expect(Self.outcome(input, piece: piece) == outcomes, "\(fields)") }
    }
  }
}
