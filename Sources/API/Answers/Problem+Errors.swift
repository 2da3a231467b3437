import Domain
import SQL

extension Problem {
  /// The problem that an error of a stage means to the caller.
  init(_ error: any Error) {
    switch error {
    case let problem as Problem: self = problem
    case let refusal as Refusal: self = .refused(refusal.issues)
    case let unavailable as StoreUnavailable: self = .overloaded(retryAfterSeconds: unavailable.retryAfterSeconds)
    case let error as SQLError where error.isStoreFailure || error.isInterrupted: self = .overloaded(retryAfterSeconds: 1)
    default: self = .internal
    }
  }
}
