import SQL

/// What the process takes of its machine; the names are those every Prometheus client uses.
public struct ProcessFigures: Sendable {
  public var startedAtSeconds: Double
  public var cpuSeconds: Double
  public var residentBytes: Int
  public var openDescriptors: Int
  public var mostDescriptors: Int
  public var threads: Int

  public init(
    startedAtSeconds: Double, cpuSeconds: Double, residentBytes: Int, openDescriptors: Int, mostDescriptors: Int,
    threads: Int
  ) {
    (self.startedAtSeconds, self.cpuSeconds, self.residentBytes) = (startedAtSeconds, cpuSeconds, residentBytes)
    (self.openDescriptors, self.mostDescriptors, self.threads) = (openDescriptors, mostDescriptors, threads)
  }
}

/// The disk that the data folder lies on.
public struct DiskFigures: Sendable {
  /// Of all files in the folder.
  public var folderBytes: Int64
  /// What is left for the server, and what the disk has in all.
  public var freeBytes: Int64
  public var sizeBytes: Int64

  public init(folderBytes: Int64, freeBytes: Int64, sizeBytes: Int64) {
    (self.folderBytes, self.freeBytes, self.sizeBytes) = (folderBytes, freeBytes, sizeBytes)
  }
}

extension MetricsSource {
  /// - Parameter figures: asked at each scrape; nil where the system does not tell.
  public static func process(
    version: String, _ figures: @escaping @Sendable () -> ProcessFigures?
  ) -> MetricsSource {
    .memory { text in
      text.family("zveno_build_info", .gauge, "1; which build this is.")
      text.sample("zveno_build_info", [("version", version)], 1)
      guard let figures = figures() else { return }
      text.family("process_start_time_seconds", .gauge, "When the process started, in seconds since 1970.")
      text.sample("process_start_time_seconds", [], figures.startedAtSeconds)
      text.family("process_cpu_seconds_total", .counter, "Processor time taken, the kernel's included.")
      text.sample("process_cpu_seconds_total", [], figures.cpuSeconds)
      text.single("process_resident_memory_bytes", .gauge, "Memory in use.", figures.residentBytes)
      text.single("process_open_fds", .gauge, "Descriptors open.", figures.openDescriptors)
      text.single("process_max_fds", .gauge, "Descriptors that may be open.", figures.mostDescriptors)
      text.single("process_threads", .gauge, "Threads.", figures.threads)
    }
  }

  /// Asks the file system, so that it answers when the disk is full, too.
  /// - Parameter figures: asked at each scrape; nil where the folder cannot be read.
  public static func disk(_ figures: @escaping @Sendable () -> DiskFigures?) -> MetricsSource {
    .memory { text in
      guard let figures = figures() else { return }
      func gauge(_ name: String, _ help: String, _ bytes: Int64) {
        text.family(name, .gauge, help)
        text.sample(name, [], bytes)
      }
      gauge("zveno_data_folder_bytes", "All files of the data folder.", figures.folderBytes)
      gauge("zveno_disk_free_bytes", "What the data folder's disk has left for the server.", figures.freeBytes)
      gauge("zveno_disk_size_bytes", "What the data folder's disk holds in all.", figures.sizeBytes)
    }
  }
}
