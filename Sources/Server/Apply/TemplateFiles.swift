import Delivery
import Domain
import JSON

/// One template as its files say: `ID.json` with whatever is short, beside it `ID.txt`, `ID.html` and, for a locale,
/// `ID.LOCALE.txt`, `ID.LOCALE.html`.
struct TemplateFiles {
  let id: String
  let document: TemplateDocument
  /// Of everything the files hold.
  let fingerprint: String
  /// Which file holds the body a pointer leads to; the rest is in `base`.
  private let bodies: [String: SourceFile]
  private let base: SourceFile?

  /// All templates of a folder, in the order of their ids. Throws `FileRefusal` with all errors of all files.
  static func read(folder: String, depth: Int) throws -> [TemplateFiles] {
    var parts: [String: [TemplatePartFile]] = [:]
    var refusals: [(path: String, issue: Issue)] = []
    for name in try FileText.names(in: folder) where !name.hasPrefix(".") {
      let path = folder + "/" + name
      if let part = TemplatePartFile(name: name, path: path) {
        parts[part.id, default: []].append(part)
      } else if !FileText.isFolder(path) {
        refusals.append((path, TemplatePartFile.refusal(name)))
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

  /// The template that one of its files belongs to, out of those of its folder.
  static func of(_ path: String, among all: [TemplateFiles]) throws -> TemplateFiles {
    let name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    guard let part = TemplatePartFile(name: name, path: path) else {
      throw FileRefusal([(path, TemplatePartFile.refusal(name))])
    }
    guard let template = all.first(where: { $0.id == part.id }) else {
      throw Refused("\(path): there is no such file", status: ExitStatus.found)
    }
    return template
  }

  static func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }

  /// Everything wrong with it that its own files do not show: names, partials, bad Mustache.
  func check(_ shop: TemplateShop, _ library: TemplateLibrary) throws -> [Issue] {
    do {
      _ = try Template(document, id: id, shop: shop, library: library)
      return []
    } catch let refusal as Refusal {
      return refusal.issues
    }
  }

  /// The file that an issue about this template is to be looked for in.
  func path(of issue: Issue) -> String {
    Self.path(of: issue, bodies, base) ?? id
  }

  private init(id: String, parts: [TemplatePartFile], depth: Int) throws {
    let files = try parts.map { (pointer: $0.pointer, file: try SourceFile(path: $0.path)) }
    let base = files.first { $0.pointer == nil }?.file
    var bodies: [String: SourceFile] = [:]
    var texts: [String: String] = [:]
    for case (let pointer?, let file) in files {
      bodies[pointer] = file
      texts[pointer] = try Self.text(file)
    }
    let root = try base.map { try $0.parsed(maxDepth: depth).root } ?? JSONDocument(parsing: Array("{}".utf8)).root
    do {
      document = try TemplateDocument(root, files: texts)
    } catch {
      throw FileRefusal(error.issues.map { (Self.path(of: $0, bodies, base) ?? id, $0) })
    }
    (self.id, self.bodies, self.base) = (id, bodies, base)
    fingerprint = Fingerprint.of(files.flatMap { [Array(($0.pointer ?? "").utf8), $0.file.bytes] })
  }

  private static func path(of issue: Issue, _ bodies: [String: SourceFile], _ base: SourceFile?) -> String? {
    bodies[issue.pointer]?.path ?? base?.path ?? bodies.values.map(\.path).min()
  }

  private static func text(_ file: SourceFile) throws -> String {
    if let text = String(validating: file.bytes, as: UTF8.self) { return text }
    let detail = "expected UTF-8, got other bytes"
    throw FileRefusal([(file.path, Issue(pointer: "", code: .syntax, detail: detail))])
  }
}
