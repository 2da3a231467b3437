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

  /// Prints what is wrong. Returns the number of errors; warnings do not count.
  static func check(_ path: String, _ surroundings: inout Surroundings) throws -> Int {
    do {
      switch try kind(of: path) {
      case .chain: return try checkChain(SourceFile(path: path), surroundings.references(around: path))
      case .segment: return try checkSegment(SourceFile(path: path))
      case .template: return try checkTemplate(path)
      case .configuration: return try checkConfiguration(SourceFile(path: path))
      case .chainTests: return try checkTests(SourceFile(path: path))
      }
    } catch let refusal as FileRefusal {
      refusal.print(withLines: true)
      return refusal.findings.count
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

  private static func checkChain(_ file: SourceFile, _ references: References) throws -> Int {
    let result = ChainParser.parse(try file.parsed(maxDepth: chainDepth), references: references)
    CompilerStyle.print(
      result.errors.map { ($0, .error) } + result.warnings.map { ($0, .warning) }, file: file.path, source: file.bytes)
    return result.errors.count
  }

  private static func checkSegment(_ file: SourceFile) throws -> Int {
    let result = SegmentParser.parse(try file.parsed(maxDepth: chainDepth).root)
    CompilerStyle.print(
      result.errors.map { ($0, .error) } + result.warnings.map { ($0, .warning) }, file: file.path, source: file.bytes)
    return result.errors.count
  }

  private static func checkConfiguration(_ file: SourceFile) throws -> Int {
    do {
      let read = try Configuration.read(
        file.bytes, environment: ProcessInfo.processInfo.environment, needsSecrets: false)
      CompilerStyle.print(read.warnings, file: file.path, severity: .warning, source: file.bytes)
      return 0
    } catch let refusal as Refusal {
      CompilerStyle.print(refusal.issues, file: file.path, severity: .error, source: file.bytes)
      return refusal.issues.count
    }
  }

  private static func checkTemplate(_ path: String) throws -> Int {
    let (template, beside) = try TemplateFiles.read(around: path, depth: LimitSettings().jsonDepth)
    let documents = Dictionary(beside.map { ($0.id, $0.document) }) { first, _ in first }
    let shop = ShopSettings()
    let issues = try template.check(
      TemplateShop(locale: shop.locale, currency: shop.currency), TemplateLibrary(documents))
    for issue in issues {
      let path = template.path(of: issue)
      CompilerStyle.print([issue], file: path, severity: .error, source: try? FileText.read(path))
    }
    return issues.count
  }

  private static func checkTests(_ file: SourceFile) throws -> Int {
    let root = try file.parsed(maxDepth: chainDepth).root
    do {
      _ = try ChainTests(root)
      return 0
    } catch {
      CompilerStyle.print(error.issues, file: file.path, severity: .error, source: file.bytes)
      return error.issues.count
    }
  }
}
