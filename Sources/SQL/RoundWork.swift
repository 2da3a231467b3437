/// One round's jobs and duties inside its transaction. A round that cannot be kept whole is rolled back and done again
/// without the part that failed: so every part is either in the commit, or has left no trace in file and memory.
struct RoundWork {
  private enum Setback: Error {
    case job(Int, any Error)
    case duty(Int, any Error)
  }

  let connection: Connection
  let now: Int64
  private let first: [WriterJob]
  private let others: [WriterJob]
  let duties: [DutySlot]
  private let paused: [DutySlot]
  private var firstErrors: [Int: any Error] = [:]
  private var otherErrors: [Int: any Error] = [:]
  private(set) var dutyErrors: [(slot: DutySlot, error: any Error)] = []
  private(set) var progress: [DutyProgress] = []

  /// - Parameter paused: duties that are not asked; a job may have touched their memory all the same.
  init(
    connection: Connection, now: Int64, first: [WriterJob], others: [WriterJob], duties: [DutySlot],
    paused: [DutySlot]
  ) {
    self.connection = connection
    self.now = now
    self.first = first
    self.others = others
    self.duties = duties
    self.paused = paused
  }

  /// Leaves an open transaction that is ready to be committed. Throws if the store itself failed.
  mutating func run() throws {
    var skippedJobs: Set<Int> = []
    var skippedDuties: Set<Int> = []
    while true {
      do {
        try connection.begin()
        try runFirst(without: skippedJobs)
        try runOthers()
        try runDuties(without: skippedDuties)
        return
      } catch Setback.job(let index, let error) {
        firstErrors[index] = error
        skippedJobs.insert(index)
      } catch Setback.duty(let index, let error) {
        dutyErrors.append((duties[index], error))
        skippedDuties.insert(index)
      }
      connection.rollback()
      for slot in duties + paused { slot.duty.rolledBack() }
    }
  }

  /// The jobs with their outcomes, once the commit is through.
  var outcomes: [(job: WriterJob, result: Result<Void, any Error>)] {
    first.enumerated().map { ($1, RoundWork.result(firstErrors[$0])) }
      + others.enumerated().map { ($1, RoundWork.result(otherErrors[$0])) }
  }

  /// Without savepoints: the intake lane carries one combined job a round, and almost never an error.
  private func runFirst(without skipped: Set<Int>) throws {
    for (index, job) in first.enumerated() where !skipped.contains(index) {
      do { try job.body(connection, now) } catch {
        try failIfStoreFailed(error)
        throw Setback.job(index, error)
      }
      try requireTransaction()
    }
  }

  private mutating func runOthers() throws {
    otherErrors = [:]
    for (index, job) in others.enumerated() {
      do { try connection.savepoint { try job.body(connection, now) } } catch {
        try failIfStoreFailed(error)
        otherErrors[index] = error
      }
      try requireTransaction()
    }
  }

  private mutating func runDuties(without skipped: Set<Int>) throws {
    progress = []
    for (index, slot) in duties.enumerated() where !skipped.contains(index) {
      do { progress.append(try slot.duty.work(connection, now: now)) } catch {
        try failIfStoreFailed(error)
        throw Setback.duty(index, error)
      }
      try requireTransaction()
    }
  }

  private func failIfStoreFailed(_ error: any Error) throws {
    if let error = error as? SQLError, error.isStoreFailure { throw error }
    try requireTransaction()
  }

  private func requireTransaction() throws(SQLError) {
    try connection.requireTransaction()
  }

  private static func result(_ error: (any Error)?) -> Result<Void, any Error> {
    error.map(Result.failure) ?? .success(())
  }
}
