import Domain
import Ingest
import JSON
import SQL

extension RunSteps {
  /// Counts a conversion: once a chain, for the run that entered last; every run of the chain that it ends the wait of has
  /// had its conversion then. Late arrivals count by when they happened.
  func lookForGoals(_ occasion: Occasion, _ db: Connection) throws {
    var credited: Set<Int64> = []
    for run in try runs.awaitingGoal(of: occasion.row, db).reversed() {
      guard let version = try catalog.version(run.chain, run.version, db), let goal = version.chain.goal,
        goal.did == occasion.event.type
      else { continue }
      guard try reaches(goal, run, occasion, db) else {
        // Long past: nothing that comes now can happen before.
        if let until = run.goalUntil, until < occasion.event.acceptedAt { try runs.endGoal(run.id, db) }
        continue
      }
      try runs.endGoal(run.id, db)
      if credited.insert(run.chain).inserted { try credit(goal, run, version, occasion, db) }
    }
  }

  private func reaches(_ goal: Goal, _ run: Run, _ occasion: Occasion, _ db: Connection) throws -> Bool {
    let event = try occasion.fact()
    guard let until = run.goalUntil, event.moment > run.entry, event.at < until else { return false }
    guard let match = goal.match else { return true }
    return try match.holds(for: event.properties) { expression in
      if case .literal(let value) = expression { return value }
      guard let contact = try occasion.contact(), let trigger = try recent.trigger(run.triggerSeq, db) else {
        return nil
      }
      let view = views.view(of: contact, for: run, db)
      return try Evaluator(view: view, run: RunScope(run, trigger: trigger), now: occasion.event.acceptedAt)
        .value(expression)
    }
  }

  /// To the run's last message before the event; to the chain itself when there was none.
  private func credit(
    _ goal: Goal, _ run: Run, _ version: ChainVersion, _ occasion: Occasion, _ db: Connection
  ) throws {
    let group = run.isHeldOut ? "held_out_" : ""
    let sql = "SELECT label FROM messages WHERE run = $1 AND sent_at <= $2 ORDER BY sent_at DESC, id DESC LIMIT 1"
    let step = try db.first(sql, [.int(run.id), .int(occasion.event.at.milliseconds)]) { $0.text(0) } ?? ""
    count(run, version, step: run.isHeldOut ? "" : step, outcome: group + "goal")
    let value = try goal.value?.value(in: occasion.fact().properties)
    if let amount = value.flatMap(Money.tenThousandths) {
      count(run, version, step: run.isHeldOut ? "" : step, outcome: group + "goal_value", by: amount)
    }
    guard !run.isHeldOut else { return }
    for (step, variant) in run.variants { count(run, version, step: step, outcome: "goal:" + variant) }
  }
}
