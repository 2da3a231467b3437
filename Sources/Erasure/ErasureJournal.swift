public import Ingest
import JSON

/// Who was erased, kept outside the database and its backups: a backup that is older does not know it, and is told when
/// it is restored. Hashes alone, under the folder's secret.
public struct JournalEntry: Sendable, Hashable {
  public enum Deed: Sendable, Hashable {
    case erased([KeyHash], reason: String, by: String)
    /// He has signed up again.
    case readmitted
  }

  /// erasures.id
  public let erasure: String
  /// Milliseconds since 1970.
  public let at: Int64
  public let deed: Deed

  public init(erasure: String, at: Int64, deed: Deed) { (self.erasure, self.at, self.deed) = (erasure, at, deed) }

  public var line: String {
    var object: JSONObject = ["erasure": .string(erasure), "at": .number(JSONNumber(at))]
    switch deed {
    case .erased(let hashes, let reason, let by):
      object["keys"] = .array(hashes.map { .string($0.hex) })
      object["reason"] = .string(reason)
      object["by"] = .string(by)
    case .readmitted: object["readmitted"] = .bool(true)
    }
    return JSONValue.object(object).text
  }

  /// Nil: it is none.
  public init?(line: String) {
    guard let value = try? JSONValue(parsing: Array(line.utf8)), let erasure = value["erasure"]?.string,
      let at = value["at"]?.number?.int
    else { return nil }
    if value["readmitted"]?.bool == true {
      self.init(erasure: erasure, at: at, deed: .readmitted)
      return
    }
    guard let keys = value["keys"]?.array, let reason = value["reason"]?.string, let by = value["by"]?.string else {
      return nil
    }
    let hashes = keys.compactMap { $0.string.flatMap { KeyHash(hex: $0) } }
    guard hashes.count == keys.count else { return nil }
    self.init(erasure: erasure, at: at, deed: .erased(hashes, reason: reason, by: by))
  }
}

/// Where they are written. On the writer's thread.
public protocol ErasureJournal: AnyObject {
  /// How many entries there are.
  var count: Int { get }
  /// On disk when it returns; throws when it is not.
  func append(_ entry: JournalEntry) throws
  /// From after the first so many on.
  func entries(after count: Int) throws -> [JournalEntry]
}

/// In memory alone: for tests and worlds.
public final class JournalInMemory: ErasureJournal {
  private var all: [JournalEntry] = []

  public init() {}

  public var count: Int { all.count }

  public func append(_ entry: JournalEntry) throws { all.append(entry) }

  public func entries(after count: Int) throws -> [JournalEntry] { Array(all.dropFirst(count)) }
}
