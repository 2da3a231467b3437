import Foundation

/// Reads whole files, with a bound and one clear line when it cannot.
enum FileText {
  static let maxBytes = 8 * 1024 * 1024

  static func read(_ path: String) throws -> [UInt8] {
    guard let file = FileHandle(forReadingAtPath: path) else { throw refusal(path) }
    defer { try? file.close() }
    guard let data = try? file.read(upToCount: maxBytes + 1) ?? Data() else { throw refusal(path) }
    guard data.count <= maxBytes else { throw Refused("\(path): expected at most \(maxBytes) bytes") }
    return Array(data)
  }

  /// Names in `folder`, sorted; none if it does not exist.
  static func names(in folder: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else { return [] }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { throw refusal(folder) }
    return names.sorted()
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private static func refusal(_ path: String) -> Refused {
    Refused("\(path): cannot be read", status: ExitStatus.found)
  }
}
