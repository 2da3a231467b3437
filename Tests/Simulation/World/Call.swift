import Domain
import SQL

/// What a client asks of the server, again and again until it is answered.
struct Call: @unchecked Sendable {
  // Unchecked: a simulation has one thread.
  /// The same over all tries.
  let number: Int
  let name: String
  let body: Body
  /// Comes again until it is answered; one who is not patient never does.
  var isPatient = true

  enum Body {
    /// Events, through the intake.
    case events([IncomingEvent])
    /// Anything else that writes, as the API would do it inside the writer's job.
    case write((Life, Connection, Int64) throws -> Void)
  }
}
