import Delivery
import Domain
import JSON
import SQL

/// What is handed over, and what comes back.
extension World {
  func receive(_ claim: Claim) {
    guard let life else { return }
    let (handOver, delay) = provider.receive(claim, time: clock.time, wall: clock.wall, life: life.number)
    timetable.add(.answer(handOver.number), at: clock.time + delay)
    guard case .handed(.accepted) = handOver.answer, !isCalm else { return }
    for (after, name, body) in reactions.all(to: claim) {
      calls += 1
      let call = Call(number: 1_000_000_000 + calls, name: name, body: .write(body(self)))
      timetable.add(.call(call), at: clock.time + delay + after)
    }
  }

  func answer(_ number: Int) {
    let handOver = provider.handOvers[number]
    guard let life, life.number == handOver.life else { return }
    life.dispatch.answered(handOver.claim)
    if case .handed(.throttled(let seconds, _)) = handOver.answer {
      life.pause(handOver.claim.channel, milliseconds: Int64(max(1, seconds) * 1000))
    }
    provider.tell(number)
    let outcome = Outcome(
      claim: handOver.claim, result: handOver.answer, task: TaskText(subject: nil, text: "call"))
    life.delivery.accept(outcome)
    life.writer.wake()
  }
}

extension Provider.HandOver {
  var line: String {
    "hand over \(claim.message) try \(claim.attempt) to \(claim.address) at \(wall) \(claim.values.text)"
  }
}
