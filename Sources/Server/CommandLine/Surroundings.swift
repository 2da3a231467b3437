import Delivery
import Domain
import Foundation

/// What lies beside the folders of checked chains, read once each: the templates, segments and configuration that they
/// are to live with. What cannot be read says so where it is checked itself.
struct Surroundings {
  private var known: [String: References] = [:]
  /// Nil: they cannot be read, which has been said.
  private var templates: [String: [TemplateFiles]?] = [:]

  /// Of a chain that lies in no folder `chains` nothing is known.
  mutating func references(around path: String) -> References {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.dropLast().last == "chains" else { return References() }
    let folder = parts.dropLast(2).isEmpty ? "." : parts.dropLast(2).joined(separator: "/")
    let found = known[folder] ?? Self.references(in: folder)
    known[folder] = found
    return found
  }

  /// All of a folder, read once. Throws a `FileRefusal` with everything wrong in any of them the first time; nil after.
  mutating func templates(in folder: String) throws -> [TemplateFiles]? {
    if let known = templates[folder] { return known }
    templates[folder] = .some(nil)
    let all = try TemplateFiles.read(folder: folder, depth: LimitSettings().jsonDepth)
    templates[folder] = all
    return all
  }

  private static func references(in folder: String) -> References {
    var references = References()
    let templates = folder + "/templates"
    if FileText.isFolder(templates),
      let all = try? TemplateFiles.read(folder: templates, depth: LimitSettings().jsonDepth)
    {
      references.templates = Set(all.map(\.id))
      references.partials = Set(all.filter(\.document.isPartial).map(\.id))
    }
    let segments = folder + "/segments"
    if FileText.isFolder(segments), let all = try? SegmentFile.read(folder: segments, depth: CheckedFile.chainDepth) {
      references.segments = Set(all.map(\.id))
    }
    if let file = try? SourceFile(path: folder + "/zveno.json"),
      let read = try? Configuration.read(
        file.bytes, environment: ProcessInfo.processInfo.environment, needsSecrets: false)
    {
      let rules = Rules(read.configuration)
      (references.channels, references.retention, references.caps) = (rules.channels, rules.retention, rules.caps)
    }
    return references
  }
}
