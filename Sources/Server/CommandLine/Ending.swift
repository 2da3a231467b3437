/// Runs a command's work; a `Refused` becomes its one line and its status.
func ending(_ work: () async throws -> Void) async throws {
  do {
    try await work()
  } catch let refused as Refused {
    Terminal.error("zveno: " + refused.line)
    throw refused.status
  }
}
