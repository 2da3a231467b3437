internal import Glibc

/// What the last run left written beside the database: how it ended, and which file it was about.
struct FolderNote {
  enum State: String {
    /// It runs, or did not end in good order.
    case open
    /// It has ended in good order.
    case closed
  }

  let state: State
  /// Nil in notes of older versions.
  private let file: FileIdentity?

  /// Of a database that exists.
  init(_ state: State, of database: String) throws {
    guard let file = FileIdentity(of: database) else { throw StoreRefusal(errno: "cannot look at \(database)") }
    (self.state, self.file) = (state, file)
  }

  /// Nil without a note that can be read.
  static func read(in folder: String) -> FolderNote? {
    let file = open(path(in: folder), O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = Glibc.read(file, &bytes, bytes.count)
    return FolderNote(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
  }

  private init?(_ text: String) {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard let state = words.first.flatMap({ State(rawValue: String($0)) }) else { return nil }
    (self.state, file) = (state, FileIdentity(words.dropFirst()))
  }

  /// Whether the database is the one that the note was written about; an older note is taken to be.
  func isAbout(_ database: String) -> Bool {
    guard let file else { return true }
    return FileIdentity(of: database).map(file.isSame) ?? false
  }

  static func path(in folder: String) -> String { folder + "/state" }

  /// Written beside and renamed, so that it is never half there.
  func write(in folder: String) throws {
    let target = FolderNote.path(in: folder)
    let fresh = target + ".new"
    let file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StoreRefusal(errno: "cannot write \(fresh)") }
    defer { close(file) }
    let bytes = Array((state.rawValue + (self.file.map { " " + $0.text } ?? "") + "\n").utf8)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0, rename(fresh, target) == 0 else {
      throw StoreRefusal(errno: "cannot write \(target)")
    }
  }
}

extension StoreRefusal {
  /// With what the system said last.
  init(errno what: String) { self.init("\(what): \(String(cString: strerror(Glibc.errno)))") }
}
