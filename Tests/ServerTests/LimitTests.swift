import Testing

@testable import Server

@Suite("What the host allows")
struct LimitTests {
  @Test("enough descriptors are left to files and channels")
  func descriptors() {
    let limits = LimitSettings()
    #expect(limits.fitting(descriptors: 1_048_576, memory: 1 << 33).connections == limits.connections)
    #expect(limits.fitting(descriptors: 1024, memory: 1 << 33).connections == 738)
    #expect(limits.fitting(descriptors: 10, memory: 1 << 33).connections == 8)
  }

  @Test("a small memory holds less, and what is configured stays")
  func memory() {
    var limits = LimitSettings()
    let large = limits.fitting(descriptors: 1 << 20, memory: 1 << 40)
    #expect(large.heldBytes == 256 << 20 && large.queuedBytes == 64 << 20)
    let small = limits.fitting(descriptors: 1 << 20, memory: 256 << 20)
    #expect(small.heldBytes == 32 << 20 && small.queuedBytes == 16 << 20)
    limits.heldBytes = 100 << 20
    #expect(limits.fitting(descriptors: 1 << 20, memory: 256 << 20).heldBytes == 100 << 20)
  }

  @Test("a control group's limit is looked for in it and in all above it")
  func groups() {
    #expect(
      Memory.limitFiles("0::/system.slice/zveno.service\n") == [
        "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/system.slice/memory.max",
        "/sys/fs/cgroup/system.slice/zveno.service/memory.max",
      ])
    #expect(
      Memory.limitFiles("12:cpu,cpuacct:/\n5:memory:/docker/1f\n1:name=systemd:/\n") == [
        "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes",
      ])
    #expect(Memory.limitFiles("") == [])
    #expect(Memory.limit > 0)
  }
}
