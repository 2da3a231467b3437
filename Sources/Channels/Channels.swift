public import Domain
public import JSON

/// Channels hands messages to the world: letters to a mail server, requests to any provider, tasks to operators. What
/// comes in is a channel's block of the configuration, and then messages that are rendered, addressed and allowed; what
/// goes out is what became of each: accepted, rejected, retry, throttled or unknown. Every connection is a blocking one
/// for a thread of its own. It must not know chains, runs, the database, or whether a message ought to be sent.
public enum Channels {
  /// The keys that an adapter takes, by its name; `adapter` itself is one of them.
  public static let adapterKeys: [String: [String]] = [
    "log": ["adapter", "connections"],
    "task": ["adapter", "connections"],
    "smtp": SMTPSettings.keys,
    "http": HTTPSettings.keys,
  ]

  /// Makes the adapter of one channel, or throws a `Refusal` with everything that is wrong with its block.
  ///
  /// `pointer`: of the block in the configuration. `otherKeys`: those of the block that are not the adapter's, such as
  /// the price; any further key is an issue. `secret`: the value of `{{secret.NAME}}`, nil when it is not set; asked at
  /// once, not kept. `now`: milliseconds since 1970, from any thread.
  public static func adapter(
    from block: JSONNode, at pointer: String, otherKeys: [String], secret: @escaping (String) -> String?,
    now: @escaping @Sendable () -> Int64
  ) throws(Refusal) -> any ChannelAdapter {
    let name = try adapterName(in: block, at: pointer)
    var fields = FieldReader(block, pointer: pointer, known: (adapterKeys[name] ?? []) + otherKeys)
    let known = KnownValues(from: block["from"]?.string, secret: secret)
    switch name {
    case "smtp":
      let settings = SMTPSettings(reading: &fields, known: known)
      try fields.check()
      if let settings { return SMTPAdapter(settings, now: now) }
    case "http":
      let settings = HTTPSettings(reading: &fields, known: known)
      try fields.check()
      if let settings { return HTTPAdapter(settings, now: now) }
    case "task":
      let connections = fields.connections()
      try fields.check()
      return TaskAdapter(connections: connections)
    default:
      let connections = fields.connections()
      try fields.check()
      return LogAdapter(connections: connections)
    }
    // The readers above have an issue for whatever keeps them from settings.
    throw Refusal([Issue(pointer: pointer, at: block.location, code: .badValue, detail: "expected a channel")])
  }

  /// `log` where none is named.
  private static func adapterName(in block: JSONNode, at pointer: String) throws(Refusal) -> String {
    guard let node = block["adapter"], !node.isNull else { return "log" }
    let place = pointer + Issue.pointer("adapter")
    guard let name = node.string else { throw Refusal([.wrongType(place, node, expected: "a string")]) }
    let names = adapterKeys.keys.sorted()
    guard adapterKeys[name] != nil else {
      throw Refusal([
        Issue(
          pointer: place, at: node.location, code: .badValue,
          detail: "expected one of \(names.joined(separator: ", ")), got \"\(name)\"",
          hint: nearest(to: name, among: names).map { "did you mean `\($0)`?" })
      ])
    }
    return name
  }
}
