import Domain
import Ingest
import JSON
import SQL

/// One message of a run, and why it left, did not or waits.
struct WhyMessage {
  let id: Int64
  let step: Int
  let label: String
  private let channel: String
  private let template: String
  private let purpose: Purpose
  private let status: String
  private let reason: String?
  /// What kept it from leaving at its time, last.
  private let heldBy: String?
  private let moments: [(name: String, at: Timestamp)]
  private let isParked: Bool
  private(set) var because = ""
  private var checks: [Check] = []

  var wasSent: Bool { at("sent_at") != nil }

  private func at(_ name: String) -> Timestamp? { moments.first { $0.name == name }?.at }

  private static let columns = [
    "planned_at", "due_at", "expires_at", "sent_at", "delivered_at", "opened_at", "machine_opened_at", "clicked_at",
    "bounced_at", "answered_at",
  ]
  private static let mostOfRun = 200

  static func all(of run: Run, _ scope: RunScope, _ scene: WhyScene) throws -> [WhyMessage] {
    let sql = """
      SELECT id, step, label, channel, template, purpose, status, error, parked_at IS NOT NULL, held_by,
        \(columns.joined(separator: ", "))
      FROM messages WHERE run = $1 ORDER BY id LIMIT \(mostOfRun)
      """
    let messages = try scene.db.query(sql, [.int(run.id)]) { WhyMessage($0) }
    return try messages.map { message in
      var message = message
      try message.explain(run, scope, scene)
      return message
    }
  }

  private init(_ row: Row) {
    (id, step, label, channel, template) = (row.int(0), Int(row.int(1)), row.text(2), row.text(3), row.text(4))
    (purpose, status) = (Purpose(rawValue: row.text(5)) ?? .marketing, row.text(6))
    (reason, isParked, heldBy) = (row.optionalText(7), row.bool(8), row.optionalText(9))
    moments = Self.columns.enumerated().compactMap { index, name in
      row.optionalInt(10 + index).map { (name, Timestamp(milliseconds: $0)) }
    }
  }

  private mutating func explain(_ run: Run, _ scope: RunScope, _ scene: WhyScene) throws {
    switch status {
    case "sent":
      because = "was handed over at \(at("sent_at")?.brief ?? "")"
      if let opened = at("opened_at") { because += ", opened at \(opened.brief)" }
      if let clicked = at("clicked_at") { because += ", clicked at \(clicked.brief)" }
    case "planned": try explainWaiting(run, scope, scene)
    case "sending": because = "is being handed over"
    case "unknown":
      because = "may have left or not: its hand-over was broken off; /v1/messages/\(id)/resolve settles it"
    case "failed": because = "failed: \(reason ?? "no reason given")"
    default: try explainSkip(run, scope, scene)
    }
  }

  private mutating func explainWaiting(_ run: Run, _ scope: RunScope, _ scene: WhyScene) throws {
    guard !isParked, scene.chain.status != .paused else {
      because = "waits for the chain, which is paused"
      return
    }
    guard let due = at("due_at"), due > scene.now else {
      because = "is about to leave"
      return
    }
    because = "is held back until \(due.brief)"
    if let version = try scene.version(run.version), case .send(let send)? = version.chain.program[at: step]?.kind {
      let zone = scene.contact.zone ?? scene.rules.shopZone
      if !version.chain.allowedHours(for: send, scene.rules).contains(scene.now, in: zone) {
        because += ": it is not in the allowed hours now"
      }
    }
    if let heldBy, heldBy != "hours" { because += ": \(heldBy)" }
    because += "; it is dropped at \(at("expires_at")?.brief ?? "")"
  }

  private mutating func explainSkip(_ run: Run, _ scope: RunScope, _ scene: WhyScene) throws {
    // The moment and the place in the log of its end.
    let end = try ending(scene)
    let (moment, position) = (end?.at ?? at("planned_at") ?? scene.now, end?.seq)
    let view = scene.view(of: run, position: position, at: moment)
    let version = try scene.version(run.version)
    switch reason {
    case "only_if":
      because = "was skipped at \(moment.brief): `only_if` did not hold"
      guard let version, case .send(let send)? = version.chain.program[at: step]?.kind, let onlyIf = send.onlyIf else {
        return
      }
      var scope = scope
      scope.stepStart = LogMoment(at: at("planned_at") ?? moment, seq: position ?? 0)
      let explainer = try scene.explainer(version, scope, of: run, position: position, at: moment)
      let check = try explainer.explain(onlyIf, at: version.chain.program[step].pointer + "/only_if")
      checks = [check]
      if let turn = check.wouldHold { because += "; it would with \(turn)" }
    case "no_consent":
      let said = try view.lastWord(on: channel).map { "he said no at \($0.at.brief)" }
      because = "was skipped: no consent to `\(channel)` (\(said ?? "he had said nothing, and the channel asks first"))"
    case "suppressed":
      let suppression = try view.suppression(on: channel, for: purpose)
      because = "was skipped: his address is suppressed"
      if let suppression { because += " (\(suppression.reason), since \(suppression.at.brief))" }
    case "no_address": because = "was skipped: he has no address for `\(channel)`"
    case "hold":
      because =
        "was dropped at \(moment.brief): it could not leave within its `hold`"
        + (heldBy.map { ", held back by \($0)" } ?? "")
    case "late": because = "was skipped: it came later than `late` allows"
    case "stopped":
      because = "was withdrawn at \(moment.brief): `stop_when` held"
      if let version {
        let explainer = try scene.explainer(version, scope, of: run, position: position, at: moment)
        checks = try version.stops.map { try explainer.explain($0.condition, at: $0.pointer) }
      }
    case "archived": because = "was withdrawn: the chain was archived"
    case "gone": because = "was dropped: what it was about is gone"
    case "ended", "restarted", "left": because = "was withdrawn: the run had ended"
    default: because = "was skipped: \(reason ?? "no reason given")"
    }
  }

  /// The event that says it is over.
  private func ending(_ scene: WhyScene) throws -> EventFact? {
    var found: EventFact?
    var seen = 0
    try scene.view(of: nil, at: scene.now).events(
      of: "message.skipped", since: at("planned_at") ?? Timestamp(milliseconds: 0), until: scene.now
    ) { event in
      if event.properties["message"]?.string == String(id) { found = event }
      seen += 1
      return found == nil && seen < Self.mostOfRun
    }
    return found
  }

  func json(_ scene: WhyScene) throws -> JSONValue {
    var object: JSONObject = [
      "id": .string(String(id)), "step": .string(label), "channel": .string(channel), "template": .string(template),
      "status": .string(status), "because": .string(because),
    ]
    object["reason"] = reason.map { .string($0) }
    object["held_by"] = heldBy.map { .string($0) }
    for (name, at) in moments { object[name] = .string(at.rfc3339) }
    if !checks.isEmpty { object["checks"] = try scene.json(checks) }
    return .object(object)
  }
}
