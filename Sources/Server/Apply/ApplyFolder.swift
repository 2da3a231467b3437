import Delivery
import Domain
import Engine
import JSON
import Logging
import SQL

/// What `--apply DIR` brings: templates, segments and chains as files. Applied is what differs from what was applied last time, so
/// that edits made over REST outlive a restart with the same files; all of it or, with one error anywhere, nothing.
struct ApplyFolder {
  let templates: [TemplateFiles]
  let segments: [SegmentFile]
  let chains: [ChainFile]

  /// Throws a `FileRefusal` with every error of every file that shows by itself.
  static func read(_ path: String, _ limits: LimitSettings) throws -> ApplyFolder {
    var refusals: [(path: String, issue: Issue)] = []
    func gather<T>(_ read: () throws -> [T]) throws -> [T] {
      do {
        return try read()
      } catch let refusal as FileRefusal {
        refusals += refusal.findings
        return []
      }
    }
    let templates = try gather { try TemplateFiles.read(folder: path + "/templates", depth: limits.jsonDepth) }
    let segments = try gather { try SegmentFile.read(folder: path + "/segments", depth: limits.chainDepth) }
    let chains = try gather { try ChainFile.read(folder: path + "/chains", depth: limits.chainDepth) }
    if !refusals.isEmpty { throw FileRefusal(refusals) }
    return ApplyFolder(templates: templates, segments: segments, chains: chains)
  }

  struct Outcome {
    var templates = 0
    var segments = 0
    var chains = 0
    var warnings: [(path: String, issue: Issue)] = []
  }

  /// Inside a transaction, which the caller rolls back when this throws. Templates and segments first: chains name them.
  func apply(
    channels: [String: ChannelPolicy], retention: RetentionPolicy = RetentionPolicy(), caps: [FrequencyCap] = [],
    shop: TemplateShop, now: Timestamp, _ db: Connection
  ) throws -> Outcome {
    var outcome = Outcome()
    var refusals = try saveTemplates(shop, now: now, &outcome, db)
    let ids = try TemplateStore().ids(db).union(templates.map(\.id))
    var references = References(channels: channels, templates: ids)
    references.partials = try TemplateStore().partials(db)
    (references.retention, references.caps) = (retention, caps)
    references.chains = try ChainStore().ids(db).union(chains.map(\.id))
    refusals += try saveSegments(&references, now: now, &outcome, db)
    for chain in chains where try ChainStore().chain(chain.id, db)?.applied != chain.fingerprint {
      references.chainID = chain.id
      let found = chain.check(references)
      outcome.warnings += found.warnings.map { (chain.source.path, $0) }
      refusals += found.errors
      if found.errors.isEmpty { try publish(chain, now: now, &outcome, db) }
    }
    if !refusals.isEmpty { throw FileRefusal(refusals) }
    return outcome
  }

  private func saveTemplates(
    _ shop: TemplateShop, now: Timestamp, _ outcome: inout Outcome, _ db: Connection
  ) throws -> [(path: String, issue: Issue)] {
    let store = TemplateStore()
    let changed = try templates.filter { try store.template($0.id, db)?.applied != $0.fingerprint }
    // All are saved before any is checked: partials may come in any order.
    for template in changed {
      try store.save(template.id, template.document.json.text, now: now, db)
      try store.setApplied(template.id, hash: template.fingerprint, db)
      outcome.templates += 1
    }
    // Documents are read out of the open transaction, each once.
    var documents: [String: TemplateDocument] = [:]
    for id in try store.ids(db) {
      guard let stored = try store.template(id, db) else { continue }
      documents[id] = try TemplateDocument(parsing: Array(stored.document.utf8))
    }
    let library = TemplateLibrary(documents)
    return try changed.flatMap { template in
      try template.check(shop, library).map { (template.path(of: $0), $0) }
    }
  }

  private func saveSegments(
    _ references: inout References, now: Timestamp, _ outcome: inout Outcome, _ db: Connection
  ) throws -> [(path: String, issue: Issue)] {
    let store = SegmentStore()
    references.segmentUses = try store.uses(db).merging(segments.map { ($0.id, $0.uses) }) { $1 }
    references.segments = Set(references.segmentUses.keys)
    var refusals: [(path: String, issue: Issue)] = []
    for file in segments {
      let known = try store.segment(file.id, db)
      if known?.applied == file.fingerprint { continue }
      references.segmentID = file.id
      let result = SegmentParser.parse(file.document.root, references: references)
      outcome.warnings += result.warnings.map { (file.source.path, $0) }
      refusals += result.errors.map { (file.source.path, $0) }
      guard let segment = result.segment else { continue }
      try store.save(
        file.id, document: file.text, isSameCondition: known?.condition == segment.condition, now: now, db)
      try store.setApplied(file.id, hash: file.fingerprint, db)
      outcome.segments += 1
    }
    references.segmentID = nil
    return refusals
  }

  private func publish(_ chain: ChainFile, now: Timestamp, _ outcome: inout Outcome, _ db: Connection) throws {
    let store = ChainStore()
    let stored = try store.save(chain.id, draft: chain.text, now: now, db).stored
    // What equals the live version leaves no draft; publishing it would resume a chain that somebody paused.
    if stored.draft != nil { try store.publish(stored, now: now, db) }
    try store.setApplied(chain.id, hash: chain.fingerprint, db)
    outcome.chains += 1
  }
}

extension TemplateLibrary {
  init(_ documents: [String: TemplateDocument]) {
    self.init(ids: { documents.keys.sorted() }, document: { documents[$0] })
  }
}
