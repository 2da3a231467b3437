import ArgumentParser

/// Runs a command's work; a `Refused` becomes its one line and its status, and what nobody expected says that it is
/// an error inside.
func ending(_ work: () async throws -> Void) async throws {
  do {
    try await work()
    try Terminal.check()
  } catch let refused as Refused {
    Terminal.error("zveno: " + refused.line)
    throw refused.status
  } catch let status as ExitCode {
    throw status
  } catch {
    Terminal.error("zveno: an error inside, please report it: \(error)")
    throw ExitStatus.inside
  }
}
