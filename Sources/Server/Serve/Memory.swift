import Foundation
import Glibc

/// How much memory this process may take before the kernel ends it.
enum Memory {
  /// Bytes: the machine's, or what its control group (versions 1 and 2, with every group above it) leaves.
  static var limit: Int {
    let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    let groups = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    return limitFiles(groups).compactMap(number).filter { $0 > 0 }.reduce(machine, min)
  }

  /// - Parameter groups: the text of /proc/self/cgroup, lines `number:controllers:path` (cgroups(7)).
  static func limitFiles(_ groups: String) -> [String] {
    groups.split(separator: "\n").flatMap { line -> [String] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      if parts[0] == "0", parts[1].isEmpty { return above(parts[2]).map { "/sys/fs/cgroup\($0)/memory.max" } }
      guard parts[1].split(separator: ",").contains("memory") else { return [] }
      return above(parts[2]).map { "/sys/fs/cgroup/memory\($0)/memory.limit_in_bytes" }
    }
  }

  /// A path and those above it, down to the empty one, which in a container is the group itself.
  private static func above(_ path: Substring) -> [String] {
    let names = path.split(separator: "/")
    return (0...names.count).map { names.prefix($0).map { "/" + $0 }.joined() }
  }

  /// Nil where there is no such file, or it says `max`.
  private static func number(_ file: String) -> Int? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
