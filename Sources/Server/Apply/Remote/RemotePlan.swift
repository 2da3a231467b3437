import Delivery
import JSON

/// What of a folder a server does not have, or has otherwise. Reads and changes nothing.
struct RemotePlan {
  private(set) var changes: [RemoteChange] = []
  private(set) var unchanged = 0

  private let client: Client
  private let folder: String

  /// Asks for each document by itself: as many calls as there are.
  init(_ files: ApplyFolder, in folder: String, _ client: Client, _ progress: Progress) async throws {
    (self.client, self.folder) = (client, folder)
    let total = Int64(files.templates.count + files.segments.count + files.chains.count)
    var done: Int64 = 0
    func next() {
      done += 1
      progress.show("comparing", done, of: total) { "\($0)" }
    }
    for template in files.templates {
      let document = template.document.json
      try await look(.template, template.id, document, document.serialized())
      next()
    }
    for segment in files.segments {
      try await look(.segment, segment.id, segment.document.root.value, segment.source.bytes)
      next()
    }
    for chain in files.chains {
      try await look(.chain, chain.id, chain.document.root.value, chain.source.bytes)
      next()
    }
  }

  private mutating func look(_ kind: RemoteKind, _ id: String, _ local: JSONValue, _ body: [UInt8]) async throws {
    let answer = try await client.patient { try await client.call("GET", kind.path(id)) }
    guard answer.isGood || answer.status == 404 else { throw client.refused(answer) }
    // A bare nil would be JSON's null.
    let remote = answer.isGood ? answer.json : JSONValue?.none
    let hasDraft = remote?["has_draft"]?.bool == true
    let old = remote.map { kind.document($0) }
    let status = remote?["status"]?.string
    if let old, old == local, !hasDraft, status != "archived" {
      unchanged += 1
      return
    }
    let action: RemoteChange.Action = old == nil ? .create : old == local ? .publish : .update
    changes.append(
      RemoteChange(
        kind: kind, id: id, place: place(kind, id), action: action, body: body, tag: answer.headers["etag"],
        diffs: diffs(kind, id, old, local), isPaused: status == "paused",
        remark: Self.remark(action, status: status, hasDraft: hasDraft)))
  }

  private func place(_ kind: RemoteKind, _ id: String) -> String {
    "\(folder)/\(kind.rawValue)s/\(id)" + (kind == .template ? "" : ".json")
  }

  private func diffs(_ kind: RemoteKind, _ id: String, _ old: JSONValue?, _ new: JSONValue) -> [UnifiedDiff] {
    let before = Dictionary(old.map { kind.files(id, $0) } ?? []) { $1 }
    let after = Dictionary(kind.files(id, new)) { $1 }
    return Set(before.keys).union(after.keys).sorted().map { name in
      let path = "\(kind.rawValue)s/\(name)"
      return UnifiedDiff(
        before[name], after[name] ?? "",
        names: (
          before[name] == nil ? "/dev/null" : "server/\(path)", after[name] == nil ? "/dev/null" : "\(folder)/\(path)"
        ))
    }
  }

  private static func remark(_ action: RemoteChange.Action, status: String?, hasDraft: Bool) -> String? {
    var remarks: [String] = []
    if hasDraft {
      remarks.append(
        action == .publish ? "the same draft is there, and is to go live" : "replaces a draft that is not live")
    }
    if status == "paused" { remarks.append("it is paused, and stays paused until it is resumed") }
    if status == "archived" { remarks.append("it is archived, and comes back") }
    return remarks.isEmpty ? nil : remarks.joined(separator: "; ")
  }
}
