internal import CStatx
internal import Glibc

/// What tells a file from a copy of it, wherever both lie. A file keeps it when it, or its folder, is renamed.
struct FileIdentity {
  /// Its number in its file system: another disk may give the same, and so may this one once the file is gone.
  let inode: UInt64
  /// When it was made, nanoseconds since 1970; nil where the system does not say.
  let birth: Int64?

  /// Nil, with `errno`, when there is no such file.
  init?(of path: String) {
    var file = stat()
    guard stat(path, &file) == 0 else { return nil }
    inode = UInt64(file.st_ino)
    let birth = cstatx_birth(path)
    self.birth = birth < 0 ? nil : birth
  }

  /// Of its text, and of what older versions wrote.
  init?(_ words: ArraySlice<Substring>) {
    guard let inode = words.first.flatMap({ UInt64($0) }) else { return nil }
    (self.inode, birth) = (inode, words.dropFirst().first.flatMap { Int64($0) })
  }

  var text: String { "\(inode)" + (birth.map { " \($0)" } ?? "") }

  /// As far as both know.
  func isSame(as other: FileIdentity) -> Bool {
    guard inode == other.inode else { return false }
    guard let birth, let theirs = other.birth else { return true }
    return birth == theirs
  }
}
