import API
import Foundation
import Glibc

/// What Linux tells of this process (proc(5)).
enum HostFigures {
  private static let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
  private static let page = sysconf(Int32(_SC_PAGESIZE))

  /// Nil where /proc is not mounted.
  static func process() -> ProcessFigures? {
    guard let fields = statFields(), fields.count > 21, let started = startedAt(Double(fields[19])) else { return nil }
    func number(_ index: Int) -> Double { Double(fields[index]) ?? 0 }
    return ProcessFigures(
      startedAtSeconds: started, cpuSeconds: (number(11) + number(12)) / ticks,
      residentBytes: Int(number(21)) * page, openDescriptors: entries("/proc/self/fd"),
      mostDescriptors: Descriptors.limit, threads: Int(number(17)))
  }

  /// Nil where the folder is not there.
  static func disk(_ folder: String) -> DiskFigures? {
    var disk = statvfs()
    guard statvfs(folder, &disk) == 0 else { return nil }
    func bytes(_ blocks: fsblkcnt_t) -> Int64 {
      Int64(clamping: UInt64(blocks).multipliedReportingOverflow(by: UInt64(disk.f_frsize)).partialValue)
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let files = names.reduce(Int64(0)) { sum, name in
      var file = stat()
      return lstat(folder + "/" + name, &file) == 0 ? sum + Int64(file.st_size) : sum
    }
    return DiskFigures(folderBytes: files, freeBytes: bytes(disk.f_bavail), sizeBytes: bytes(disk.f_blocks))
  }

  /// The fields after the program's name, which may hold anything; the first is the third of proc(5).
  private static func statFields() -> [Substring]? {
    guard let text = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    return text[text.index(after: end)...].split(separator: " ")
  }

  /// - Parameter ticks: after the boot.
  private static func startedAt(_ ticks: Double?) -> Double? {
    guard let ticks, let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
    return line.flatMap { Double($0.dropFirst("btime ".count)) }.map { $0 + ticks / self.ticks }
  }

  private static func entries(_ folder: String) -> Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).count
  }
}
