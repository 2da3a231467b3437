import Delivery
import Domain
import Engine
import HTTP
import JSON
import Rehearsal
import SQL

/// `POST /v1/chains/{id}/test`: a chain's own tests, with the draft, else the live version. Read on a reader's thread,
/// lived through beside the server's work: neither the writer nor another read waits for it.
enum ChainTestRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let answers = ChainAnswers(stages)
    let (worlds, readers, templates) = (stages.worlds, stages.readers, stages.templates)
    let zone = stages.rules.shopZone
    return [
      Route(
        "POST", "/v1/chains/{id}/test", .scopes([.read, .edit]),
        .custom { call, reply in
          try call.requireQuery([])
          let node = try call.json()
          let tests = try ChainTests(node, shopZone: zone)
          guard tests.chain == call["id"] else {
            throw Problem.refused([
              Issue(
                pointer: "/chain", at: (node["chain"] ?? node).location, code: .badValue,
                detail: "expected \"\(call["id"])\" as in the path, got \"\(tests.chain)\"")
            ])
          }
          readers.submit { db in
            answering(reply) {
              _ = try answers.chain(call, db)
              let material = try ChainMaterial.read([tests.chain] + tests.others, answers, templates, db)
              let isTaken = worlds.beside { isOver in
                answering(reply) {
                  reply(.json(.object(try tests.run(with: material, worlds.setting, isOver: isOver).json)))
                }
              }
              if !isTaken { reply(Problem.overloaded(retryAfterSeconds: 1).response) }
            }
          } rejected: {
            reply(Problem.overloaded(retryAfterSeconds: 1).response)
          }
        })
    ]
  }

  /// Whatever goes wrong is the answer.
  private static func answering(_ reply: Reply, _ body: () throws -> Void) {
    do { try body() } catch let error as UnpublishableChain { reply(Problem.refused(error.issues).response) } catch {
      reply(Problem(error).response)
    }
  }
}
