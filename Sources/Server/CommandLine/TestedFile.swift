import Delivery
import Domain
import Foundation
import JSON
import Rehearsal

/// One file of a chain's tests, with everything around it that they are run with.
struct TestedFile {
  private static let ending = ".tests.json"

  private let source: SourceFile
  private let configuration: Configuration
  private let folder: String

  /// - Parameter path: of the tests.
  init(_ path: String, configuration given: String?) throws {
    source = try SourceFile(path: path)
    folder = Self.folder(of: path)
    configuration = try Self.configuration(given, around: folder)
  }

  /// The tests themselves, those beside a chain, or all that a folder holds.
  static func files(_ path: String) throws -> [String] {
    guard FileText.isFolder(path) else {
      guard !path.hasSuffix(ending), path.hasSuffix(".json") else { return [path] }
      return [path.dropLast(".json".count) + ending]
    }
    let found = try [path, path + "/chains"].flatMap { folder in
      try FileText.names(in: folder).filter { $0.hasSuffix(ending) }.map { folder + "/" + $0 }
    }
    if found.isEmpty {
      throw Refused("\(path): expected files *\(ending), found none", status: ExitStatus.found)
    }
    return found
  }

  /// Throws a `FileRefusal` with everything wrong with the tests, the chain or a template.
  func run() throws -> ChainTestReport {
    let tests = try refusing(source.path) {
      let root = try source.parsed(maxDepth: CheckedFile.chainDepth).root
      return try ChainTests(root, shopZone: configuration.shop.timeZone)
    }
    var chains: [String: String] = [:]
    for id in [tests.chain] + tests.others { chains[id] = try chain(id) }
    let material = ChainTestMaterial(
      chains: chains, templates: try templates(for: chains.values), segments: try segments(for: chains.values))
    do {
      return try refusing(source.path) { try tests.run(with: material, WorldSetting(configuration)) }
    } catch let error as UnpublishableChain {
      throw FileRefusal(error.issues.map { (path(of: error.id), $0) })
    }
  }

  private func path(of chain: String) -> String { folder + "/" + chain + ".json" }

  private func chain(_ id: String) throws -> String {
    let path = path(of: id)
    guard FileManager.default.fileExists(atPath: path) else {
      let root = try source.parsed(maxDepth: CheckedFile.chainDepth).root
      throw FileRefusal([
        (
          source.path,
          Issue(
            pointer: "/chain", at: (root["chain"] ?? root).location, code: .unknownReference,
            detail: "expected the chain \(id) beside its tests, got no file \(path)")
        )
      ])
    }
    let source = try SourceFile(path: path)
    _ = try source.parsed(maxDepth: CheckedFile.chainDepth)
    return String(decoding: source.bytes, as: UTF8.self)
  }

  /// Those of `../segments`.
  private func segments(for chains: some Sequence<String>) throws -> [String: String] {
    try ChainTestMaterial.segments(of: chains) { id in
      let path = folder + "/../segments/" + id + ".json"
      guard FileManager.default.fileExists(atPath: path) else { return nil }
      let file = try SegmentFile(source: SourceFile(path: path), depth: CheckedFile.chainDepth)
      let errors = file.check(nil).errors
      if !errors.isEmpty { throw FileRefusal(errors) }
      return file.text
    }
  }

  /// Those of `../templates`; without such a folder every template that the chains name is a line of text.
  private func templates(for chains: some Sequence<String>) throws -> [String: String] {
    let folder = self.folder + "/../templates"
    guard FileText.isFolder(folder) else {
      return chains.reduce(into: [:]) { $0.merge(ChainTestMaterial.standIns(for: $1)) { first, _ in first } }
    }
    let files = try TemplateFiles.read(folder: folder, depth: configuration.limits.jsonDepth)
    return Dictionary(files.map { ($0.id, $0.document.json.text) }) { first, _ in first }
  }

  private func refusing<T>(_ path: String, _ body: () throws -> T) throws -> T {
    do { return try body() } catch let refusal as Refusal { throw FileRefusal(refusal.issues.map { (path, $0) }) }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func configuration(_ given: String?, around folder: String) throws -> Configuration {
    let beside = folder + "/../zveno.json"
    let path = given ?? (FileManager.default.fileExists(atPath: beside) ? beside : nil)
    let text = try path.map { try SourceFile(path: $0).bytes } ?? Array("{}".utf8)
    do {
      return try Configuration.read(
        text, environment: ProcessInfo.processInfo.environment, needsSecrets: false
      ).configuration
    } catch let refusal as Refusal {
      throw FileRefusal(refusal.issues.map { (path ?? "environment", $0) })
    }
  }
}
