import Foundation
import Glibc
import JSON

/// Debian's JSON Schema validator, asked about many documents in one process.
struct SchemaJudge {
  private let verdicts: JSONValue

  struct Failed: Error { let status: Int32, hint = "apt-get install python3-jsonschema (make test-tools)" }

  static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

  /// - Parameter files: names in `folder`.
  init(schema: String, folder: String, files: [String]) throws {
    let place = { (path: String) in Self.root.appending(path: path).path }
    let answer = FileManager.default.temporaryDirectory.appending(path: "verdicts-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: answer) }
    let words = [
      "/usr/bin/python3", place("Tests/Support/judge_by_schema.py"), place("Sources/Schemas/" + schema), place(folder),
    ]
    try Self.run(words + files, into: answer.path)
    verdicts = try JSONValue(parsing: [UInt8](Data(contentsOf: answer)))
  }

  /// Where the schema refuses a file; none when it takes it.
  func refusals(_ file: String) throws -> [String] {
    guard let pointers = verdicts[file]?.array else { throw Failed(status: -1) }
    return pointers.compactMap(\.string)
  }

  /// What is wrong with the schema itself.
  var faults: [String] { (verdicts[""]?.array ?? []).compactMap(\.string) }

  /// Foundation's Process leaves the runner's blocked signals to its children; a file needs no pipe that others inherit.
  private static func run(_ words: [String], into output: String) throws {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var id: pid_t = 0
    let code = posix_spawn(&id, words[0], &actions, &attributes, &arguments, environ)
    guard code == 0 else { throw Failed(status: code) }
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { throw Failed(status: status) }
  }
}
