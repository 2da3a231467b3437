import Domain
import Synchronization

/// Templates made ready, kept by id and version. Thread-safe; bounded; what it includes is as new as when it was made.
public final class TemplateCatalog: Sendable {
  /// The document of a template: that version, or the newest for nil. Nil when there is none. Called on the thread that
  /// asks, without any lock held.
  public typealias Loader = @Sendable (_ id: String, _ version: Int64?) throws -> (version: Int64, document: String)?

  private struct Kept {
    var versions: [Int64: Template] = [:]
    var latestTypes: Set<String>?
  }

  private struct State {
    var kept: [String: Kept] = [:]
    /// Counts what was forgotten: what was read before must not be kept after.
    var generation = 0
    var count = 0
  }

  private let shop: TemplateShop
  private let capacity: Int
  private let load: Loader
  private let state = Mutex(State())

  public init(shop: TemplateShop, capacity: Int = 512, load: @escaping Loader) {
    (self.shop, self.capacity, self.load) = (shop, capacity, load)
  }

  /// Nil when there is no such version. Throws a `Refusal` where a partial it includes is gone or has changed so that
  /// it no longer fits, and what the loader throws.
  public func template(_ id: String, version: Int64) throws -> Template? {
    let (known, generation) = state.withLock { ($0.kept[id]?.versions[version], $0.generation) }
    if let known { return known }
    guard let loaded = try load(id, version) else { return nil }
    let document = try TemplateDocument(parsing: Array(loaded.document.utf8))
    let template = try Template(document, id: id, shop: shop, library: library)
    state.withLock { state in
      guard state.generation == generation else { return }
      if state.count >= capacity { (state.kept, state.count) = ([:], 0) }
      state.kept[id, default: Kept()].versions[version] = template
      state.count += 1
    }
    return template
  }

  /// The event types that the newest version and its partials may name below `latest`; none for one that cannot be
  /// used.
  public func latestTypes(_ id: String) throws -> Set<String> {
    let (known, generation) = state.withLock { ($0.kept[id]?.latestTypes, $0.generation) }
    if let known { return known }
    guard let newest = try load(id, nil) else { return [] }
    let types: Set<String>
    do {
      types = try template(id, version: newest.version)?.latestTypes ?? []
    } catch is Refusal {
      types = []
    }
    state.withLock { state in
      if state.generation == generation { state.kept[id, default: Kept()].latestTypes = types }
    }
    return types
  }

  /// To be called once a template has been saved and the save is on disk: forgets it and all that include it.
  public func invalidate(_ id: String) {
    state.withLock { state in
      state.generation += 1
      for (kept, templates) in state.kept {
        let isStale = kept == id || templates.versions.values.contains { $0.partials.contains(id) }
        // One without a template may have failed for want of this one.
        guard isStale || templates.versions.isEmpty else { continue }
        state.count -= templates.versions.count
        state.kept[kept] = nil
      }
    }
  }

  private var library: TemplateLibrary {
    TemplateLibrary(
      ids: { [] },
      document: { [load] id in
        try load(id, nil).map { try TemplateDocument(parsing: Array($0.document.utf8)) }
      })
  }
}
