import Foundation

/// A program of the system's that a benchmark runs beside itself.
struct Program {
  let id: pid_t

  struct Failed: Error { let program: String, code: Int32 }

  /// Nil when it is not installed. Mail servers stand in `sbin`, which is not on everybody's path.
  static func path(of name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return (folders + ["/usr/sbin", "/usr/local/sbin"]).map { $0 + "/" + name }.first { access($0, X_OK) == 0 }
  }

  /// - Parameters:
  ///   - output: the file that its output goes to; nil: where ours goes.
  ///   - quiet: it goes nowhere.
  init(_ path: String, _ arguments: [String], output: String? = nil, quiet: Bool = false) throws {
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let file = output ?? (quiet ? "/dev/null" : nil) {
      posix_spawn_file_actions_addopen(&actions, 1, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    var id: pid_t = 0
    let code = posix_spawn(&id, path, &actions, nil, &words, environ)
    guard code == 0 else { throw Failed(program: path, code: code) }
    self.id = id
  }

  /// Until it ends by itself, well.
  func wait() throws {
    var status: Int32 = 0
    waitpid(id, &status, 0)
    guard status == 0 else { throw Failed(program: "\(id)", code: status) }
  }

  func stop() { end(by: SIGKILL) }

  /// In good order, by default.
  func end(by signal: Int32 = SIGTERM) {
    kill(id, signal)
    waitpid(id, nil, 0)
  }

  /// One that nobody listens on a moment ago.
  static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failure = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    guard failure == 0 else { throw Failed(program: "bind", code: errno) }
    return UInt16(bigEndian: address.sin_port)
  }

  /// A product of the same build, beside this one; nil when it was not built.
  static func sibling(_ name: String) -> String? {
    let path = URL(fileURLWithPath: arguments[0]).deletingLastPathComponent().appending(path: name).path
    return access(path, X_OK) == 0 ? path : nil
  }
}
