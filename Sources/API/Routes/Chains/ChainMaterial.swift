import Delivery
import Domain
import Engine
import Rehearsal
import SQL

/// What worlds are made of that live by what the server has.
enum ChainMaterial {
  /// The chains, each as its draft or else as it lives, and the segments and templates that they reach.
  static func read(
    _ ids: [String], _ answers: ChainAnswers, _ templates: TemplateCatalog, _ db: Connection
  ) throws -> ChainTestMaterial {
    var chains: [String: String] = [:]
    for id in ids {
      guard let stored = try answers.store.chain(id, db) else { throw Problem.notFound("there is no chain \(id)") }
      guard let document = try answers.store.newest(stored, db) else {
        throw Problem.conflict("the chain \(id) has neither a draft nor a live version")
      }
      chains[id] = document
    }
    var found: [String: String] = [:]
    var left = chains.values.flatMap { ChainTestMaterial.standIns(for: $0).keys }
    while let id = left.popLast() {
      guard found[id] == nil, let template = try TemplateStore().template(id, db) else { continue }
      found[id] = template.document
      // One that cannot be used says so in its tests.
      if let partials = try? templates.template(id, version: template.version)?.partials { left += partials }
    }
    let segments = try ChainTestMaterial.segments(of: chains.values) { try SegmentStore().segment($0, db)?.document }
    return ChainTestMaterial(chains: chains, templates: found, segments: segments)
  }
}
