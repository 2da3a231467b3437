import JSON

/// What a folder holds, and how a server calls it.
enum RemoteKind: String {
  case template, segment, chain

  func path(_ id: String) -> String { "/v1/\(rawValue)s/\(id.pathSegment)" }

  /// The document out of the answer to a GET.
  func document(_ answer: JSONValue) -> JSONValue {
    guard self == .template else { return answer["document"] ?? .null }
    // Its own fields stand beside those that the server adds.
    var object = answer.object ?? [:]
    for name in ["id", "version", "created_at", "updated_at"] { object[name] = nil }
    return .object(object)
  }

  /// The texts that people read: a template's bodies each by itself.
  func files(_ id: String, _ document: JSONValue) -> [(name: String, text: String)] {
    guard self == .template, var object = document.object else { return [("\(id).json", document.pretty() + "\n")] }
    var files: [(name: String, text: String)] = []
    func take(_ object: inout JSONObject, _ stem: String) {
      for (key, ending) in [("text", "txt"), ("html", "html")] {
        guard let text = object[key]?.string else { continue }
        files.append(("\(stem).\(ending)", text))
        object[key] = nil
      }
    }
    take(&object, id)
    if var locales = object["locales"]?.object {
      for locale in locales.keys {
        guard var one = locales[locale]?.object else { continue }
        take(&one, "\(id).\(locale)")
        locales[locale] = one.isEmpty ? nil : .object(one)
      }
      object["locales"] = locales.isEmpty ? nil : .object(locales)
    }
    if !object.isEmpty { files.insert(("\(id).json", JSONValue.object(object).pretty() + "\n"), at: 0) }
    return files
  }
}
