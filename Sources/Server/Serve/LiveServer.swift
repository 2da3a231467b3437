import API
import Delivery
import Domain
import Logging
import SQL

/// The whole server, wired and running: from its making until `stop` it serves.
final class LiveServer: @unchecked Sendable {
  // Unchecked: nothing changes after `init`, and `stop` is called once; the folder is a lock that is only held.
  let log: Logger
  let url: String
  /// What to say once it runs.
  let welcome: Welcome
  private let folder: DataFolder
  private let front: Front
  private let stages: LiveStages

  /// Blocks until it listens. Throws `Refused` when it cannot; then nothing runs and nothing half-made is left behind.
  /// - Parameter logControl: over the level of all loggers; nil: nobody may change it.
  init(_ options: ServeOptions, _ given: Configuration, logControl: LogControl? = nil) throws {
    log = Logger(label: "server")
    let configuration = Self.fitting(given, log)
    let store = try DataStore(options, durability: configuration.durability, erasures: configuration.erasures)
    folder = store.folder
    if let key = store.newAdminKey { Welcome.showKey(key) }
    for remark in [store.clockRemark, store.erasures.remark].compactMap({ $0 }) { log.warning("\(remark)") }
    do {
      front = try Front(
        configuration.listen, configuration.limits, behind: configuration.trustedProxies, scratch: folder.path
      ) { [path = folder.path] in Int(clamping: ScratchFile.free(under: path) / 4) }
    } catch {
      store.close()
      throw error
    }
    do {
      url = "http://" + configuration.listen.text(port: front.port)
      let channels = try ConfiguredChannels(configuration, options.environment) { [clock = store.clock] in clock.now() }
      try Self.apply(options, configuration, channels, store, log)
      stages = try LiveStages(
        store, configuration, channels, url: url, http: front.metrics, log: log, logControl: logControl)
      try stages.eraseAgain(log)
      stages.start()
      front.open(stages.api)
      welcome = Welcome(
        url: url, newAdminKey: store.newAdminKey,
        showsFirstSteps: store.identity.isNew && (Terminal.isInteractive || options.applyPath != nil))
    } catch {
      front.close()
      store.close()
      throw Self.refused(error)
    }
    if configuration.publicURL == nil, !configuration.listen.isLoopback {
      log.warning("public_url is not configured: links in messages begin with the address listened on")
    }
    if let fact = store.hold.fact {
      log.warning(
        "HELD: \(fact.reason); events come in, but no chain moves and nothing leaves until `zveno release` (it shows first what is due)",
        metadata: ["since": "\(fact.since.rfc3339)"])
    }
    log.info(
      "started",
      metadata: ["instance": "\(store.identity.instance)", "version": "\(Version.number)", "port": "\(front.port)"])
  }

  /// Takes no more requests and finishes those in flight, lets messages in hand end, commits what came of it, and
  /// closes the file. Blocks, within the limits of `Stamina`.
  func stop() {
    log.info("stopping")
    front.close()
    stages.stop(log)
    stages.close(keepsLog: !folder.notesClosing { log.warning("\($0)") })
    log.info("stopped")
  }

  private static func fitting(_ given: Configuration, _ log: Logger) -> Configuration {
    var configuration = given
    configuration.limits = given.limits.fitting(descriptors: Descriptors.limit, memory: Memory.limit)
    if configuration.limits.connections < given.limits.connections {
      log.warning(
        "fewer connections are taken than configured: raise the limit of open files (ulimit -n)",
        metadata: [
          "connections": "\(configuration.limits.connections)", "configured": "\(given.limits.connections)",
          "open_files": "\(Descriptors.limit)",
        ])
    }
    return configuration
  }

  private static func apply(
    _ options: ServeOptions, _ configuration: Configuration, _ channels: ConfiguredChannels, _ store: DataStore,
    _ log: Logger
  ) throws {
    guard let path = options.applyPath else { return }
    do {
      let folder = try ApplyFolder.read(path, configuration.limits)
      let now = Timestamp(milliseconds: store.clock.now())
      let outcome = try store.connection.transaction {
        let outcome = try folder.apply(
          channels: channels.policies, retention: configuration.retention, caps: configuration.caps,
          shop: configuration.shop.templates, now: now,
          store.connection)
        if outcome.templates + outcome.segments + outcome.chains > 0 {
          try AuditTrail().note("serve --apply", now: now.milliseconds, store.connection)
        }
        return outcome
      }
      for (path, issue) in outcome.warnings { CompilerStyle.print([issue], file: path, severity: .warning) }
      log.info(
        "applied",
        metadata: [
          "templates": "\(outcome.templates)", "segments": "\(outcome.segments)", "chains": "\(outcome.chains)",
        ])
    } catch let refusal as FileRefusal {
      refusal.print()
      throw Refused("nothing of \(path) was applied: see above", status: ExitStatus.found)
    }
  }

  private static func refused(_ error: any Error) -> any Error {
    switch error {
    case let refusal as StoreRefusal: Refused(refusal.description)
    case let error as SQLError: Refused("the database cannot be used: \(error)")
    default: error
    }
  }
}
