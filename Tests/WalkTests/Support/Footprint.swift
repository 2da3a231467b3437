import Foundation
import Glibc

/// What the kernel says a process uses.
struct Footprint {
  let id: Int32

  /// In memory now, and the most there ever was; in MB.
  var megabytes: Double { field("VmRSS") }
  var mostMegabytes: Double { field("VmHWM") }

  private func field(_ name: String) -> Double {
    let text = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    return line?.split(separator: " ").dropLast().last.flatMap { Double($0) }.map { $0 / 1_024 } ?? 0
  }

  /// Of all its threads since it started.
  var cpuSeconds: Double {
    let text = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
    // Behind the name, which may hold anything: the twelfth and thirteenth field are user and system time.
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  var openFiles: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").count) ?? 0 }
}
