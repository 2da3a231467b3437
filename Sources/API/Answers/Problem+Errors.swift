import Domain
import Ingest
import SQL

extension Problem {
  /// The problem that an error of a stage means to the caller.
  init(_ error: any Error) {
    switch error {
    case let problem as Problem: self = problem
    case let refusal as Refusal: self = .refused(refusal.issues)
    case let refusal as BodyRefusal: self = .notRead(refusal)
    case let unavailable as StoreUnavailable: self = .overloaded(retryAfterSeconds: unavailable.retryAfterSeconds)
    case let error as SQLError where error.isStoreFailure || error.isInterrupted:
      self = .overloaded(retryAfterSeconds: 1)
    default: self = .internal
    }
  }

  private static func notRead(_ refusal: BodyRefusal) -> Problem {
    switch refusal {
    case .malformed(let issue) where issue.code == .syntax: .malformedJSON(issue)
    case .malformed(let issue): .badRequest(issue.detail, errors: [issue])
    case .tooLarge(let issue): .tooLarge(issue.detail, errors: [issue])
    }
  }
}
