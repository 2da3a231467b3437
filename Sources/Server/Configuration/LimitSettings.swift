/// How much of everything is taken. Each has its own answer when passed.
struct LimitSettings {
  /// Request line and fields; beyond 431.
  var headBytes = 16 * 1024
  /// Beyond 413.
  var bodyBytes = 8 * 1024 * 1024
  /// Of one event; beyond 413, in a batch that event is rejected.
  var eventBytes = 64 * 1024
  /// In one call; beyond 413.
  var eventsPerCall = 10_000
  /// Of JSON, chains aside; beyond 400.
  var jsonDepth = 64
  var chainDepth = 256
  /// Open at once; beyond 503.
  var connections = 10_000
  /// Of bodies not yet whole and answers not yet taken, over all connections; beyond 503.
  var heldBytes: Int?
  /// Of events that wait for their commit; beyond 503.
  var queuedBytes: Int?

  static let keys = [
    "head_bytes", "body_bytes", "event_bytes", "events_per_call", "json_depth", "chain_depth", "connections",
    "held_bytes", "queued_bytes",
  ]
}

extension LimitSettings {
  init(reading reader: SettingReader) {
    self.init()
    reader.refuseOthers(than: Self.keys)
    headBytes = reader.whole("head_bytes", in: 1024...1_048_576) ?? headBytes
    bodyBytes = reader.whole("body_bytes", in: 1024...1_073_741_824) ?? bodyBytes
    eventBytes = reader.whole("event_bytes", in: 256...8_388_608) ?? eventBytes
    eventsPerCall = reader.whole("events_per_call", in: 1...1_000_000) ?? eventsPerCall
    jsonDepth = reader.whole("json_depth", in: 8...512) ?? jsonDepth
    chainDepth = reader.whole("chain_depth", in: 16...512) ?? chainDepth
    connections = reader.whole("connections", in: 1...1_000_000) ?? connections
    heldBytes = reader.whole("held_bytes", in: 1_048_576...1_099_511_627_776)
    queuedBytes = reader.whole("queued_bytes", in: 1_048_576...1_099_511_627_776)
  }
}

extension LimitSettings {
  /// What the host allows of it. Some descriptors, and a quarter of the rest, are left to files and channels. What nobody has configured is
  /// a part of the memory, so that a small host answers 503 before its kernel ends the process.
  func fitting(descriptors: Int, memory: Int) -> LimitSettings {
    var fitting = self
    fitting.connections = min(connections, max(8, (descriptors - 40) / 4 * 3))
    fitting.heldBytes = heldBytes ?? min(256 << 20, max(1 << 20, memory / 8))
    fitting.queuedBytes = queuedBytes ?? min(64 << 20, max(1 << 20, memory / 16))
    return fitting
  }
}
