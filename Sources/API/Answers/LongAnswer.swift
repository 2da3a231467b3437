import HTTP
import SQL

// An answer too long for one look at the file: a slice after the other goes into a file, which is the answer.

extension Stages {
  /// One slice, on a reader's thread, which is free for others before the next. What goes wrong is the answer.
  func slice(_ reply: @escaping Reply, _ job: @escaping @Sendable (Connection) throws -> Void) {
    readers.submit { db in
      do { try db.savepoint { try job(db) } } catch { reply(Problem(error).response) }
    } rejected: {
      reply(Problem.overloaded(retryAfterSeconds: 1).response)
    }
  }
}

extension Response {
  /// A file that the client keeps under a name, and nobody on the way.
  static func download(_ file: FileBody, type: String, name: String) -> Response {
    let headers = [
      (name: "Content-Type", value: type), ("Cache-Control", "no-store"),
      ("Content-Disposition", "attachment; filename=\"\(name)\""),
    ]
    return Response(status: 200, headers: headers, file: file)
  }
}
