import Foundation
import Glibc
import Testing

/// strace(1) at a running server: lets system calls fail that would have succeeded.
final class Tracer {
  private let process = Process()
  private let output: OutputOfProcess

  static let isPossible: Bool = {
    Command.works(["strace", "-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true"])
      && Command.works([
        "sh", "-c", "sleep 0.3 & exec strace -o /dev/null -p $!",
      ])
  }()

  static let whyNot: Comment = "strace is missing or may not attach to a process (ptrace)"

  struct NotAttached: Error { let said: String }

  /// - Parameters:
  ///   - calls: names, with a comma between them.
  ///   - error: as `EIO`.
  ///   - when: which calls of a thread fail, from the first after now: `2` the second, `2+` that and all later ones.
  init(_ zveno: Zveno, failing calls: String, _ error: String, when: String) throws {
    let pipe = try PrivatePipe()
    output = OutputOfProcess(pipe.reading)
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "strace", "-f", "-p", String(zveno.id), "-e", "signal=none", "-e", "trace=\(calls)",
      "-e", "inject=\(calls):error=\(error):when=\(when)",
    ]
    process.standardError = pipe.writing
    try process.run()
    try pipe.writing.close()
    output.follow()
    guard output.wait(seconds: 30, for: { $0.contains(" attached") }) != nil else {
      throw NotAttached(said: output.text)
    }
  }

  deinit { detach() }

  /// How many calls have failed so far.
  var count: Int { output.text.components(separatedBy: "(INJECTED)").count - 1 }

  func detach() {
    guard process.isRunning else { return }
    // By its own hand where it can: then the server goes on in the middle of nothing.
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
  }
}
