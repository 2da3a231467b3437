import Dispatch
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs a server until a signal: the first ends it in good order, the second at once. Signals are caught before it
/// starts, so that one that comes during the start ends it in good order, too.
struct Lifecycle: Service {
  /// Blocks until the server runs, and gives what ends it, which blocks until everything is finished that can be.
  let start: @Sendable () throws -> @Sendable () -> Void

  func run() async throws {
    let stop = try await onThread { [start] in Result { try start() } }.get()
    try await gracefulShutdown()
    let second = SecondSignal()
    await onThread(stop)
    second.cancel()
  }

  static func run(start: @escaping @Sendable () throws -> @Sendable () -> Void) async throws {
    var log = Logger(label: "lifecycle")
    log.logLevel = max(log.logLevel, .warning)
    let service = ServiceGroupConfiguration.ServiceConfiguration(
      service: Lifecycle(start: start), successTerminationBehavior: .gracefullyShutdownGroup)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
    try await group.run()
  }
}

/// From its making on, one more signal ends the process as a crash would: nothing is finished, nothing is lost that was
/// answered. One that comes at once after the first is its echo: `timeout` and some supervisors signal a process and
/// its group.
private struct SecondSignal {
  private static let echoMilliseconds: Int64 = 500

  private let sources: [any DispatchSourceSignal]

  init() {
    let first = SystemClock.monotonic()
    sources = [SIGTERM, SIGINT].map { signal in
      let source = DispatchSource.makeSignalSource(signal: signal, queue: .global())
      source.setEventHandler {
        if SystemClock.monotonic() - first > Self.echoMilliseconds { _exit(128 + signal) }
      }
      source.activate()
      return source
    }
  }

  func cancel() { for source in sources { source.cancel() } }
}
