import Foundation
import Glibc
import SQL

/// A file that is whole or not there: it gets its name when its last byte is on the disk.
enum WholeFile {
  /// Refuses before anything is asked of a server.
  static func check(_ path: String, force: Bool) throws {
    guard force || !FileManager.default.fileExists(atPath: path) else {
      throw Refused("\(path) exists already: choose another name, or replace it with --force", status: ExitStatus.found)
    }
  }

  /// - Parameter body: gets a way to write on; returns how many bytes there are.
  static func write(_ path: String, _ body: (@escaping Transfer.Sink) throws -> Int64) throws -> Int64 {
    let part = path + ".part"
    let file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failed("cannot write \(part)") }
    defer { close(file) }
    do {
      let bytes = try body(sink(file))
      guard fsync(file) == 0, rename(part, path) == 0 else { throw failed("cannot write \(path)") }
      try FileSync.folder(URL(filePath: path).deletingLastPathComponent().path)
      return bytes
    } catch {
      unlink(part)
      throw error
    }
  }

  /// Writes to a descriptor that is open.
  static func sink(_ file: Int32) -> Transfer.Sink {
    { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = Glibc.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return errno }
        rest = rest.dropFirst(written)
      }
      return nil
    }
  }

  private static func failed(_ what: String) -> Refused {
    Refused("\(what): \(String(cString: strerror(errno)))", status: ExitStatus.found)
  }
}
