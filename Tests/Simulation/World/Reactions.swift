import Delivery
import Domain
import JSON
import SQL

/// What people do with a message that has reached them, and what becomes of its address: by a hash of the message.
struct Reactions {
  typealias Body = (Life, Connection, Int64) throws -> Void
  typealias Reaction = (after: Int64, name: String, body: (World) -> Body)

  let seed: UInt64

  func all(to claim: Claim) -> [Reaction] {
    var chance = Chance(seed, for: "reactions \(claim.message)")
    var reactions: [Reaction] = []
    func say(_ type: String, machine: Bool? = nil) {
      reactions.append(
        (
          chance.pick([1, 900, 60_000, 3_600_000, 40_000_000]), type,
          { _ in
            { life, db, now in
              try Desk(life, db, now).say(type, of: claim, more: machine.map { ["machine": .bool($0)] } ?? [:])
            }
          }
        ))
    }
    if claim.channel == "call" {
      let result = chance.pick([OperatorTask.Result.answered, .noAnswer, .refused, .callback])
      reactions.append(
        (
          chance.pick([60_000, 7_200_000]), "complete a task",
          { _ in { life, db, now in try Desk(life, db, now).completeTask(as: result) } }
        ))
      return reactions
    }
    if chance.hits(500) { say("message.delivered") }
    if chance.hits(200) { say("message.opened", machine: true) }
    if chance.hits(350) { say("message.opened", machine: false) }
    if chance.hits(150) { say("message.clicked", machine: false) }
    if chance.hits(50) { say("message.bounced") }
    if chance.hits(80) {
      reactions.append(
        (
          chance.pick([1, 60_000, 3_600_000]), "unsubscribe",
          { world in
            { life, db, now in
              if try Desk(life, db, now).unsubscribe(claim) { db.onCommit { world.unsubscribed(claim) } }
            }
          }
        ))
    }
    if chance.hits(15) {
      reactions.append(
        (1_000, "complaint", { _ in { life, db, now in try Desk(life, db, now).suppress(claim.address) } }))
    }
    return reactions
  }
}

extension World {
  /// The page has said so.
  func unsubscribed(_ claim: Claim) { shop.unsubscribed(claim.channel, claim.address) }
}
