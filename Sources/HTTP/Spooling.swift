/// Bodies that are taken into a file instead of memory: of any size, for those who may send such.
public struct Spooling: Sendable {
  /// Asked on an epoll thread once the head is there: must not block. False: the body is one like all others.
  public typealias Takes = @Sendable (_ method: String, _ path: String, _ headers: Headers) -> Bool

  let folder: String
  let room: @Sendable () -> Int
  let takes: Takes

  /// - Parameters:
  ///   - folder: on whose disk the files lie.
  ///   - room: bytes that one body may have now; more is 413.
  public init(folder: String, room: @escaping @Sendable () -> Int, takes: @escaping Takes) {
    (self.folder, self.room, self.takes) = (folder, room, takes)
  }

  /// Nil for a body that stays in memory.
  func begin(_ head: RequestHead) throws(RequestFailure) -> SpooledBody? {
    guard head.framing.body != .none, takes(head.method, head.target.path, head.headers) else { return nil }
    do throws(SpoolFile.Failure) {
      return SpooledBody(file: try SpoolFile(in: folder), room: room())
    } catch {
      throw RequestFailure(507, error.description)
    }
  }
}

/// One such body on its way.
struct SpooledBody {
  let file: SpoolFile
  let room: Int

  func append(_ bytes: some Collection<UInt8>) throws(RequestFailure) {
    guard bytes.count <= room - file.count else {
      throw RequestFailure(413, "expected a body of at most \(room) bytes: there is no more room on the server's disk")
    }
    do throws(SpoolFile.Failure) { try file.append(bytes) } catch { throw RequestFailure(507, error.description) }
  }

  func finish() throws(RequestFailure) -> FileBody {
    do throws(SpoolFile.Failure) { return try file.finish() } catch { throw RequestFailure(507, error.description) }
  }
}
