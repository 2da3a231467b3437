import Delivery
import Domain
import Foundation
import JSON
import Rehearsal

/// One file that `zveno check` looks at.
enum CheckedFile {
  enum Kind {
    case chain, segment, template, configuration, chainTests
  }

  static let chainDepth = LimitSettings().chainDepth

  /// The file itself, or what a folder holds that can be checked.
  static func files(_ path: String) throws -> [String] {
    guard FileText.isFolder(path) else { return [path] }
    let own = try FileText.names(in: path).map { path + "/" + $0 }
    let inside = try ["chains", "segments", "templates", "channels"].map { path + "/" + $0 }.flatMap { folder in
      try FileText.names(in: folder).map { folder + "/" + $0 }
    }
    return (own + inside).filter { $0.hasSuffix(".json") && (try? kind(of: $0)) != nil }
  }

  struct Finding {
    let path: String
    let issue: Issue
    let severity: CompilerStyle.Severity

    var json: JSONValue {
      var object = issue.json.object ?? [:]
      object["file"] = .string(path)
      object["severity"] = .string(severity.rawValue)
      return .object(object)
    }
  }

  /// Prints what is wrong. Returns the number of errors; warnings do not count.
  static func check(_ path: String, _ surroundings: inout Surroundings) throws -> Int {
    let findings = try findings(path, &surroundings)
    for (path, own) in Dictionary(grouping: findings, by: \.path).sorted(by: { $0.key < $1.key }) {
      CompilerStyle.print(own.map { ($0.issue, $0.severity) }, file: path, source: try? FileText.read(path))
    }
    return findings.count { $0.severity == .error }
  }

  static func findings(_ path: String, _ surroundings: inout Surroundings) throws -> [Finding] {
    do {
      switch try kind(of: path) {
      case .chain: return try chain(SourceFile(path: path), surroundings.references(around: path))
      case .segment: return try segment(SourceFile(path: path))
      case .template: return try template(path, &surroundings)
      case .configuration: return try configuration(SourceFile(path: path))
      case .chainTests: return try chainTests(SourceFile(path: path))
      }
    } catch let refusal as FileRefusal {
      return refusal.findings.map { Finding(path: $0.path, issue: $0.issue, severity: .error) }
    }
  }

  private static func kind(of path: String) throws -> Kind {
    let parts = path.split(separator: "/").map(String.init)
    let (name, folder) = (parts.last ?? path, parts.dropLast().last)
    if name.hasSuffix(".tests.json") { return .chainTests }
    if folder == "chains" { return .chain }
    if folder == "segments" { return .segment }
    if folder == "templates" { return .template }
    // Ready blocks for providers: configurations that hold a channel and nothing else.
    if folder == "channels" { return .configuration }
    if name == "zveno.json" || name == "configuration.json" { return .configuration }
    return try guess(path)
  }

  /// By keys that only one kind has.
  private static func guess(_ path: String) throws -> Kind {
    let keys = Set(try SourceFile(path: path).parsed(maxDepth: chainDepth).root.members.map(\.key))
    if keys.contains("steps") || keys.contains("enter") { return .chain }
    if keys.contains("is") { return .segment }
    if keys.contains("text") || keys.contains("html") || keys.contains("subject") { return .template }
    if !keys.isDisjoint(with: ConfigurationKeys.top) { return .configuration }
    throw Refused(
      "\(path): expected a chain, a segment, a template or a configuration; put it into a folder chains, segments or "
        + "templates",
      status: ExitStatus.found)
  }

  private static func chain(_ file: SourceFile, _ references: References) throws -> [Finding] {
    let result = ChainParser.parse(try file.parsed(maxDepth: chainDepth), references: references)
    return findings(file.path, result.errors, result.warnings)
  }

  private static func segment(_ file: SourceFile) throws -> [Finding] {
    let result = SegmentParser.parse(try file.parsed(maxDepth: chainDepth).root)
    return findings(file.path, result.errors, result.warnings)
  }

  private static func configuration(_ file: SourceFile) throws -> [Finding] {
    do {
      let read = try Configuration.read(
        file.bytes, environment: ProcessInfo.processInfo.environment, needsSecrets: false)
      return findings(file.path, [], read.warnings)
    } catch let refusal as Refusal {
      return findings(file.path, refusal.issues)
    }
  }

  private static func template(_ path: String, _ surroundings: inout Surroundings) throws -> [Finding] {
    guard let beside = try surroundings.templates(in: TemplateFiles.folder(of: path)) else { return [] }
    let template = try TemplateFiles.of(path, among: beside)
    let documents = Dictionary(beside.map { ($0.id, $0.document) }) { first, _ in first }
    let shop = ShopSettings()
    let issues = try template.check(
      TemplateShop(locale: shop.locale, currency: shop.currency), TemplateLibrary(documents))
    return issues.flatMap { findings(template.path(of: $0), [$0]) }
  }

  private static func chainTests(_ file: SourceFile) throws -> [Finding] {
    let root = try file.parsed(maxDepth: chainDepth).root
    do {
      _ = try ChainTests(root)
      return []
    } catch {
      return findings(file.path, error.issues)
    }
  }

  private static func findings(_ path: String, _ errors: [Issue], _ warnings: [Issue] = []) -> [Finding] {
    errors.map { Finding(path: path, issue: $0, severity: .error) }
      + warnings.map { Finding(path: path, issue: $0, severity: .warning) }
  }
}
