import Domain
import JSON

/// The variables of the environment laid over a configuration: `ZVENO_SHOP_TIME_ZONE` over `shop.time_zone`, with the
/// name of a channel in lower case, `ZVENO_CHANNELS_EMAIL_URL` over `channels.email.url`. A variable that fits no key is
/// a warning and no error: schedulers of containers put names of their own beside ours. An empty one is as good as none.
struct EnvironmentOverlay {
  private let environment: [String: String]
  /// Which variable a pointer's value came from.
  private var sources: [String: String] = [:]
  private(set) var warnings: [Issue] = []

  init(environment: [String: String]) { self.environment = environment }

  /// What the command line reads itself.
  private static let reserved = ["ZVENO_ADMIN_KEY", "ZVENO_ADMIN_KEY_FILE", "ZVENO_KEY", "ZVENO_URL"]

  /// The document with every variable in it; the document itself if there is none.
  mutating func applied(to root: JSONNode) throws -> JSONNode {
    var overrides: [(path: [String], text: String)] = []
    let channels = root["channels"]?.members.map(\.key) ?? []
    for (variable, text) in environment.sorted(by: { $0.key < $1.key })
    where variable.hasPrefix(ConfigurationKeys.prefix) && !isReserved(variable) && !text.isEmpty {
      guard let path = path(of: variable, channels: channels) else {
        warn(variable)
        continue
      }
      sources[path.map(Issue.pointer).joined()] = variable
      overrides.append((path, text))
    }
    guard !overrides.isEmpty, case .object(var object) = root.value else { return root }
    for (path, text) in overrides { object = Self.setting(text, at: path[...], in: object) }
    return try JSONDocument(parsing: JSONValue.object(object).serialized()).root
  }

  /// `issue` with its place in the file as it was written, or with the variable that brought the value.
  func placed(_ issue: Issue, in root: JSONNode) -> Issue {
    var placed = issue
    if let variable = source(of: issue.pointer) {
      placed.detail = "\(variable) in the environment: \(issue.detail)"
      return placed
    }
    let atKey = issue.code == .unknownKey || issue.code == .notYet
    let place = Pointer.place(issue.pointer, in: root, atKey: atKey)
    (placed.line, placed.column) = (place.line, place.column)
    return placed
  }

  /// The variable that brought the value, or the list that it lies in.
  private func source(of pointer: String) -> String? {
    sources[pointer] ?? sources.first { pointer.hasPrefix($0.key + "/") }?.value
  }

  private func isReserved(_ variable: String) -> Bool {
    Self.reserved.contains(variable) || variable.hasPrefix(Secrets.prefix)
  }

  private func path(of variable: String, channels: [String]) -> [String]? {
    let keys = ConfigurationKeys.scalars + ConfigurationKeys.lists
    if let known = keys.first(where: { ConfigurationKeys.variable($0) == variable }) { return known }
    for key in ConfigurationKeys.named {
      if let name = suffix(of: variable, after: [key]) { return [key, name.lowercased()] }
    }
    guard let rest = suffix(of: variable, after: ["channels"]) else { return nil }
    return channelPath(rest, channels: channels)
  }

  /// `SMS_REQUEST_URL` is `request.url` of `sms`: the longest key that ends it, the name before it.
  private func channelPath(_ rest: String, channels: [String]) -> [String]? {
    let endings = ConfigurationKeys.channelScalars.map { ($0, "_" + ConfigurationKeys.words($0)) }
    for (key, ending) in endings.sorted(by: { $0.1.count > $1.1.count })
    where rest.hasSuffix(ending) && rest.count > ending.count {
      let word = String(rest.dropLast(ending.count))
      let name = channels.first { ConfigurationKeys.word($0) == word } ?? word.lowercased()
      return ["channels", name] + key
    }
    return nil
  }

  private func suffix(of variable: String, after path: [String]) -> String? {
    let start = ConfigurationKeys.variable(path) + "_"
    guard variable.hasPrefix(start), variable.count > start.count else { return nil }
    return String(variable.dropFirst(start.count))
  }

  private static func setting(_ text: String, at path: ArraySlice<String>, in object: JSONObject) -> JSONObject {
    var object = object
    guard let key = path.first else { return object }
    if path.count == 1 {
      object[key] = ConfigurationKeys.typed(text, as: key)
    } else {
      var inner = JSONObject()
      if case .object(let present)? = object[key] { inner = present }
      object[key] = .object(setting(text, at: path.dropFirst(), in: inner))
    }
    return object
  }

  private mutating func warn(_ variable: String) {
    let known = (ConfigurationKeys.scalars + ConfigurationKeys.lists).map(ConfigurationKeys.variable)
    warnings.append(
      Issue(
        pointer: "", code: .unknownKey, detail: "\(variable) in the environment fits no key and is ignored",
        hint: meant(variable, among: known)))
  }
}
