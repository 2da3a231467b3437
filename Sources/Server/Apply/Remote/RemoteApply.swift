import JSON

/// Brings a plan's changes to the server, each only over what the plan has seen. Templates and segments first, for chains
/// name them; all chains are tried before the first goes live.
struct RemoteApply {
  let client: Client
  /// What becomes of runs inside: pin, follow or restart.
  let runs: String
  let progress: Progress

  struct Outcome {
    var warnings: [String] = []
    /// Versions that went live, by chain.
    var published: [(id: String, version: Int64, isPaused: Bool)] = []

    /// Each as a line.
    var told: [String] {
      published.map { "\($0.id) is \($0.isPaused ? "published, and still paused," : "live") as version \($0.version)" }
    }

    fileprivate mutating func warn(_ answer: Client.Answer, _ change: RemoteChange) {
      warnings += (answer.json?["warnings"]?.array ?? []).map { change.line($0, .warning) }
    }
  }

  /// Throws `Refused`, with everything that stands in the way on stderr.
  func run(_ plan: RemotePlan) async throws -> Outcome {
    var outcome = Outcome()
    for kind in [RemoteKind.template, .segment] {
      try await saveInAnyOrder(plan.changes.filter { $0.kind == kind }, &outcome)
    }
    let chains = try await saveInAnyOrder(plan.changes.filter { $0.kind == .chain }, &outcome)
    try await publish(chains, dryRun: true, &outcome)
    try await publish(chains, dryRun: false, &outcome)
    return outcome
  }

  /// What others of them need may come later in the folder: as long as one more is taken, the rest is tried again.
  @discardableResult
  private func saveInAnyOrder(_ changes: [RemoteChange], _ outcome: inout Outcome) async throws -> [RemoteChange] {
    var (left, saved, done) = (changes, [RemoteChange](), Int64(0))
    while !left.isEmpty {
      var refused: [(change: RemoteChange, answer: Client.Answer)] = []
      for change in left {
        let answer = try await save(change)
        guard answer.isGood else {
          refused.append((change, answer))
          continue
        }
        done += 1
        progress.show("saving", done, of: Int64(changes.count)) { "\($0)" }
        var change = change
        change.tag = answer.headers["etag"] ?? change.tag
        // Of a chain while others are still to come: its publishing says what is left of them.
        if change.kind != .chain { outcome.warn(answer, change) }
        let isOut = answer.json?["status"]?.string == "archived"
        if isOut || answer.json?["has_draft"]?.bool == true { saved.append(change) }
      }
      if refused.count == left.count { throw failed(refused, outcome) }
      left = refused.map(\.change)
    }
    return saved
  }

  private func save(_ change: RemoteChange) async throws -> Client.Answer {
    if change.action == .publish {
      return try await client.patient { try await client.call("GET", change.kind.path(change.id)) }
    }
    let answer = try await client.patient {
      try await client.call(
        "PUT", change.kind.path(change.id), body: change.body, type: "application/json", headers: change.condition)
    }
    if answer.status == 412 {
      throw Refused(
        "\(change.kind.rawValue) \(change.id) was changed on the server meanwhile: look at it with zveno apply --plan",
        status: ExitStatus.found)
    }
    guard answer.isGood || answer.status == 422 else { throw client.refused(answer) }
    return answer
  }

  private func publish(_ chains: [RemoteChange], dryRun: Bool, _ outcome: inout Outcome) async throws {
    var refused: [(change: RemoteChange, answer: Client.Answer)] = []
    let what = dryRun ? "trying" : "publishing"
    for (index, chain) in chains.enumerated() {
      progress.show(what, Int64(index + 1), of: Int64(chains.count)) { "\($0)" }
      let wish: JSONValue = ["runs": .string(runs), "dry_run": .bool(dryRun)]
      let answer: Client.Answer
      do {
        answer = try await client.patient {
          try await client.call("POST", chain.kind.path(chain.id) + "/publish", json: wish, headers: chain.condition)
        }
      } catch let lost as Refused {
        progress.end()
        let open = !dryRun && lost.mayBeDone ? "; whether \(chain.id) went live is not known" : ""
        throw Refused("\(lost.line)\n\(Self.standing(outcome))\(open)", status: lost.status)
      }
      guard answer.isGood, let version = answer.json?["version"]?.number?.int else {
        refused.append((chain, answer))
        continue
      }
      if dryRun { outcome.warn(answer, chain) } else { outcome.published.append((chain.id, version, chain.isPaused)) }
    }
    if !refused.isEmpty { throw failed(refused, outcome) }
  }

  /// What went live before the work broke off.
  private static func standing(_ outcome: Outcome) -> String {
    outcome.published.isEmpty
      ? "no chain went live" : outcome.told.joined(separator: "\n") + "\nno other chain went live"
  }

  private func failed(
    _ refused: [(change: RemoteChange, answer: Client.Answer)], _ outcome: Outcome
  ) -> Refused {
    progress.end()
    for (change, answer) in refused {
      if answer.errors.isEmpty {
        Terminal.error("\(change.place): error: \(client.refused(answer).line)")
      }
      for error in answer.errors { Terminal.error(change.line(error, .error)) }
    }
    return Refused("the server refused: see above\n\(Self.standing(outcome))", status: ExitStatus.found)
  }
}
