import Foundation
import Testing

/// Waits on the real clock, within a limit, for what the server does by itself.
func eventually(
  _ what: Comment, seconds: Double = 60, sourceLocation: SourceLocation = #_sourceLocation, _ holds: () throws -> Bool
) throws {
  let deadline = Date(timeIntervalSinceNow: seconds)
  while Date() < deadline {
    if try holds() { return }
    Thread.sleep(forTimeInterval: 0.02)
  }
  try #require(try holds(), what, sourceLocation: sourceLocation)
}
