import Crypto
import Foundation
import Glibc
import JSON

/// The lines of a file of events, a batch at a time: memory does not follow the file.
final class EventLines {
  /// Beyond, a line is no event.
  private static let lineBytes = 1 << 20
  /// Of one batch; a server takes 8 MiB by default.
  private static let batchBytes = 4 << 20
  private static let chunkBytes = 1 << 16

  struct Batch {
    var lines: [(number: Int, text: [UInt8])] = []
    /// What is no JSON object.
    var broken: [(number: Int, column: Int, detail: String)] = []
  }

  /// Why the file ends before its end.
  private(set) var failure: Refused?
  /// Bytes so far, and in all; 0 where nobody knows.
  private(set) var read: Int64 = 0
  let size: Int64
  private let handle: FileHandle
  private let makesIDs: Bool
  private var rest: ArraySlice<UInt8> = []
  private let name: String
  private var number = 0
  private var isAtEnd = false

  init(_ path: String, makesIDs: Bool) throws {
    self.makesIDs = makesIDs
    name = path == "-" ? "stdin" : path
    guard path != "-" else {
      (handle, size) = (.standardInput, 0)
      return
    }
    guard !FileText.isFolder(path), let file = FileHandle(forReadingAtPath: path) else {
      throw Refused("\(path): cannot be read", status: ExitStatus.found)
    }
    var status = stat()
    (handle, size) = (file, fstat(file.fileDescriptor, &status) == 0 ? Int64(status.st_size) : 0)
  }

  /// At most so many lines; nil at the end.
  func next(_ count: Int) -> Batch? {
    var (batch, bytes) = (Batch(), 0)
    while batch.lines.count + batch.broken.count < count, bytes < Self.batchBytes, let line = line() {
      number += 1
      guard line.contains(where: { $0 > 0x20 }) else { continue }
      do throws(NoEvent) {
        let text = try event(line)
        bytes += text.count
        batch.lines.append((number, text))
      } catch {
        batch.broken.append((number, error.column, error.detail))
      }
    }
    return batch.lines.isEmpty && batch.broken.isEmpty ? nil : batch
  }

  private struct NoEvent: Error {
    var column = 1
    let detail: String
  }

  private func event(_ line: [UInt8]) throws(NoEvent) -> [UInt8] {
    guard line.count <= Self.lineBytes else {
      throw NoEvent(detail: "expected at most \(Self.lineBytes) bytes a line, got more")
    }
    let value: JSONValue
    do { value = try JSONValue(parsing: line) } catch {
      throw NoEvent(
        column: error.location.column, detail: "expected one JSON object a line: \(error.expected), got \(error.got)")
    }
    guard var object = value.object else {
      throw NoEvent(detail: "expected one JSON object a line, as in {\"type\":\"signup\",\"contact\":{\"id\":\"ann\"}}")
    }
    guard makesIDs, object["id"] == nil else { return line }
    var hash = SHA256()
    hash.update(data: Array("\(number)\n".utf8) + line)
    object["id"] = .string("line-\(number)-" + Fingerprint.hex(Array(hash.finalize())).prefix(24))
    return JSONValue.object(object).serialized()
  }

  /// Of one that is too long the beginning, a byte more than a line may have.
  private func line() -> [UInt8]? {
    var line: [UInt8] = []
    while true {
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      let part = rest[..<(end ?? rest.endIndex)]
      line += part.prefix(Self.lineBytes + 1 - line.count)
      rest = end.map { rest[($0 + 1)...] } ?? []
      if end != nil { return line }
      guard fill() else { return failure == nil && !line.isEmpty ? line : nil }
    }
  }

  /// False at the end.
  private func fill() -> Bool {
    guard !isAtEnd else { return false }
    do {
      let chunk = try handle.read(upToCount: Self.chunkBytes) ?? Data()
      isAtEnd = chunk.isEmpty
      read += Int64(chunk.count)
      rest = Array(chunk)[...]
    } catch {
      isAtEnd = true
      failure = Refused(
        "\(name): cannot be read on after line \(number): \(error.localizedDescription)", status: ExitStatus.found)
    }
    return !isAtEnd
  }
}
