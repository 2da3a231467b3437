import Erasure
import Glibc
import SQL

/// The journal as a file of lines, in the data folder or where the configuration puts it: no backup holds it.
final class FileJournal: ErasureJournal {
  private let path: String
  private let folder: String
  private(set) var count = 0

  /// Cuts off a line that a crash left half written: nobody was told that it is there. Throws `StoreRefusal` for a line
  /// that cannot be read.
  init(in folder: String) throws {
    (self.folder, path) = (folder, folder + "/erasures.journal")
    guard access(path, F_OK) == 0 else { return }
    let bytes = try Self.read(path)
    let whole = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    if whole < bytes.count, truncate(path, off_t(whole)) != 0 { throw refusal("cannot write") }
    count = try Self.entries(bytes[..<whole], path).count
  }

  func append(_ entry: JournalEntry) throws {
    let isNew = access(path, F_OK) != 0
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StoreUnavailable(reason: "\(refusal("cannot open"))") }
    defer { close(file) }
    let start = lseek(file, 0, SEEK_END)
    let line = Array((entry.line + "\n").utf8)
    guard write(file, line, line.count) == line.count, fsync(file) == 0 else {
      let failure = refusal("cannot write")
      // A half of it must not stand before the next.
      ftruncate(file, start)
      throw StoreUnavailable(reason: "\(failure)")
    }
    if isNew { try FileSync.folder(folder) }
    count += 1
  }

  func entries(after first: Int) throws -> [JournalEntry] {
    guard count > first else { return [] }
    return Array(try Self.entries(Self.read(path)[...], path).dropFirst(first))
  }

  private func refusal(_ what: String) -> StoreRefusal {
    StoreRefusal("\(what) \(path): \(String(cString: strerror(errno)))")
  }

  private static func entries(_ bytes: ArraySlice<UInt8>, _ path: String) throws -> [JournalEntry] {
    try bytes.split(separator: 0x0A).enumerated().map { index, line in
      guard let entry = JournalEntry(line: String(decoding: line, as: UTF8.self)) else {
        throw StoreRefusal(
          "line \(index + 1) of \(path) is no erasure: put the file back as it was, from the copy you have of it")
      }
      return entry
    }
  }

  static func read(_ path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw StoreRefusal("cannot read \(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      guard count >= 0 else { throw StoreRefusal("cannot read \(path): \(String(cString: strerror(errno)))") }
      if count == 0 { return bytes }
      bytes += buffer.prefix(count)
    }
  }
}
