import Domain
import JSON

/// One template as its files say: `ID.json` with whatever is short, beside it `ID.txt`, `ID.html` and, for a locale,
/// `ID.LOCALE.txt`, `ID.LOCALE.html`. What goes out is the document that a PUT would bring.
struct TemplateFiles {
  let id: String
  let document: JSONValue
  /// Of everything the files hold.
  let fingerprint: String
  /// Which file holds the text a pointer leads to; others are in `ID.json`.
  private let texts: [String: SourceFile]
  private let base: SourceFile?

  /// All templates of a folder, in the order of their ids. Throws `FileRefusal` with all errors of all files.
  static func read(folder: String, depth: Int) throws -> [TemplateFiles] {
    var parts: [String: [Part]] = [:]
    var refusals: [(path: String, issue: Issue)] = []
    for name in try FileText.names(in: folder) where !name.hasPrefix(".") {
      let path = folder + "/" + name
      if let part = Part(name: name, path: path) {
        parts[part.id, default: []].append(part)
      } else if !FileText.isFolder(path) {
        let detail = "expected ID.json, ID.txt, ID.html, ID.LOCALE.txt or ID.LOCALE.html, got \(quoted(name))"
        refusals.append((path, Issue(pointer: "", code: .badValue, detail: detail)))
      }
    }
    var templates: [TemplateFiles] = []
    for id in parts.keys.sorted() {
      do {
        templates.append(try TemplateFiles(id: id, parts: parts[id] ?? [], depth: depth))
      } catch let refusal as FileRefusal {
        refusals += refusal.findings
      }
    }
    if !refusals.isEmpty { throw FileRefusal(refusals) }
    return templates
  }

  /// Where an issue about `document` lies in the files. Lines of an issue count within the text it points to.
  func place(_ issue: Issue) -> (path: String, issue: Issue) {
    var placed = issue
    if let file = texts[issue.pointer] { return (file.path, placed) }
    guard let base, let root = try? base.parsed(maxDepth: JSONLimits().maxDepth).root else {
      return (texts.values.map(\.path).min() ?? id, placed)
    }
    let place = Pointer.place(issue.pointer, in: root, atKey: issue.code == .unknownKey)
    (placed.line, placed.column) = (place.line, place.column)
    return (base.path, placed)
  }

  private init(id: String, parts: [Part], depth: Int) throws {
    self.id = id
    let files = try parts.map { (part: $0, file: try SourceFile(path: $0.path)) }
    base = files.first { $0.part.pointer == nil }?.file
    var document = JSONObject()
    if let base {
      let root = try base.parsed(maxDepth: depth).root
      guard case .object(let object) = root.value else {
        let detail = "expected an object, got \(SettingReader.shown(root))"
        throw FileRefusal([(base.path, Issue(pointer: "", at: root.location, code: .wrongType, detail: detail))])
      }
      document = object
    }
    var texts: [String: SourceFile] = [:]
    for (part, file) in files {
      guard let pointer = part.pointer else { continue }
      texts[pointer] = file
      document = try Self.setting(file, at: Pointer.tokens(pointer)[...], in: document)
    }
    self.document = .object(document)
    self.texts = texts
    fingerprint = Fingerprint.of(files.flatMap { [Array(($0.part.pointer ?? "").utf8), $0.file.bytes] })
  }

  private static func setting(
    _ file: SourceFile, at path: ArraySlice<String>, in object: JSONObject
  ) throws -> JSONObject {
    var object = object
    guard let key = path.first else { return object }
    if path.count > 1 {
      var inner = JSONObject()
      if case .object(let present)? = object[key] { inner = present }
      object[key] = .object(try setting(file, at: path.dropFirst(), in: inner))
    } else if object[key] != nil {
      let detail = "\(quoted(key)) stands both here and in the JSON beside it"
      throw FileRefusal([(file.path, Issue(pointer: "", code: .duplicate, detail: detail, hint: "keep one"))])
    } else if let text = String(validating: file.bytes, as: UTF8.self) {
      object[key] = .string(text)
    } else {
      let detail = "expected UTF-8, got other bytes"
      throw FileRefusal([(file.path, Issue(pointer: "", code: .syntax, detail: detail))])
    }
    return object
  }
}

/// One file of a template by its name.
private struct Part {
  let id: String
  let path: String
  /// Where its text stands in the document; nil for the JSON itself.
  let pointer: String?

  init?(name: String, path: String) {
    var words = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard words.count >= 2, let ending = words.popLast(), !words.contains("") else { return nil }
    self.path = path
    switch ending {
    case "json":
      id = words.joined(separator: ".")
      pointer = nil
    case "txt", "html":
      let key = ending == "txt" ? "text" : "html"
      if words.count > 1, let locale = words.last, Self.isLocale(locale) {
        id = words.dropLast().joined(separator: ".")
        pointer = "/locales" + Issue.pointer(locale) + "/" + key
      } else {
        id = words.joined(separator: ".")
        pointer = "/" + key
      }
    default: return nil
    }
  }

  /// `ru`, `en-GB`.
  private static func isLocale(_ word: String) -> Bool {
    let parts = word.split(separator: "-", omittingEmptySubsequences: false)
    return (2...3).contains(parts.first?.count ?? 0)
      && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } }
  }
}
