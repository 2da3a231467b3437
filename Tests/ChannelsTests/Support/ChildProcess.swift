import Glibc
import Synchronization

/// A program started with posix_spawn. Foundation's Process leaves the runner's blocked signals to its children and
/// waits on a run loop, which hangs on the threads that tests run on.
final class ChildProcess {
  private let id: pid_t
  private let input: Int32
  private let output: Int32

  struct DidNotStart: Error { let program: String, code: Int32 }

  /// One start at a time: a pipe made by one must not be seen by a child of another before it is marked as private.
  private static let starting = Mutex(())

  convenience init(_ program: String, _ arguments: [String]) throws {
    let (id, input, output) = try Self.starting.withLock { _ in try Self.start(program, arguments) }
    self.init(id: id, input: input, output: output)
  }

  private init(id: pid_t, input: Int32, output: Int32) { (self.id, self.input, self.output) = (id, input, output) }

  private static func start(_ program: String, _ arguments: [String]) throws -> (pid_t, Int32, Int32) {
    let (childInput, input) = try pipeEnds()
    let (output, childOutput) = try pipeEnds()
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
      close(childInput)
      close(childOutput)
    }
    posix_spawn_file_actions_adddup2(&actions, childInput, 0)
    posix_spawn_file_actions_adddup2(&actions, childOutput, 1)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var id: pid_t = 0
    let code = posix_spawn(&id, program, &actions, &attributes, &words, environ)
    guard code == 0 else { throw DidNotStart(program: program, code: code) }
    return (id, input, output)
  }

  deinit {
    close(input)
    close(output)
    kill(id, SIGKILL)
    waitpid(id, nil, 0)
  }

  /// Up to the line's end, or all there is.
  func readLine() -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(output, &byte, 1) == 1, byte != 10 { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
  }

  /// Until the program closes its output.
  func readAll() -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = read(output, &buffer, buffer.count), count > 0 { all += buffer[..<count] }
    return all
  }
}

/// Neither end reaches other children: a pipe ends when its owner does.
private func pipeEnds() throws -> (read: Int32, write: Int32) {
  var ends: [Int32] = [-1, -1]
  guard pipe(&ends) == 0 else { throw ChildProcess.DidNotStart(program: "pipe", code: errno) }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  return (ends[0], ends[1])
}
