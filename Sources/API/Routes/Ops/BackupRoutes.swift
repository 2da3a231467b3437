import Domain
import HTTP
import JSON
import SQL

/// `/v1/backup`: a consistent copy of the whole file, made while everything goes on. The answer begins when the copy is
/// whole; its length is known, so a client sees when it was cut off.
enum BackupRoutes {
  static let mediaType = "application/vnd.sqlite3"

  static func all(_ stages: Stages) -> [Route] {
    guard let make = stages.backup else { return [] }
    let (now, writer) = (stages.now, stages.writer)
    return [
      Route(
        "POST", "/v1/backup", .scopes([.admin]),
        .custom { call, reply in
          let name = "zveno-\(stamp(Timestamp(milliseconds: now()))).sqlite"
          make { result in
            switch result {
            case .success(let file):
              // Who holds a copy, holds everybody's data.
              writer.submit({ db, now in try AuditTrail().note(call, "POST /v1/backup", now: now, db) }) { _ in }
              reply(.download(file, type: mediaType, name: name))
            case .failure(let error): reply(problem(error).response)
            }
          }
        })
    ]
  }

  /// `20260302T090000Z`
  private static func stamp(_ time: Timestamp) -> String {
    time.rfc3339.prefix { $0 != "." }.filter { $0 != "-" && $0 != ":" } + "Z"
  }

  private static func problem(_ error: any Error) -> Problem {
    switch error {
    case BackupRefusal.underWay:
      return .conflict("a backup is being made or sent already; wait for its end, or end the client that reads it")
    case BackupRefusal.noRoom(let needed, let free):
      return noRoom("expected \(needed >> 20) MiB free on the data folder's disk, got \(free >> 20)")
    case let error as SQLError where error.isFull:
      return noRoom("the data folder's disk filled up while the copy was made; it is removed again")
    case let error as StoreUnavailable:
      var problem = Problem(error)
      problem.detail = "no backup was made: \(error.reason); try again"
      return problem
    default: return Problem(error)
    }
  }

  private static func noRoom(_ detail: String) -> Problem {
    Problem(status: 507, code: "no_room", title: "There is no room for a backup", detail: detail)
  }
}
