import Domain
import Engine
import JSON
import SQL

/// Says of the runs that stand at a step what a publication makes of them, and gathers what stands in its way.
struct Standing {
  /// A published version, and how its runs find their steps in the new one.
  private struct Old {
    let program: [Step]
    let matching: StepMatching
  }

  private let number: Int64
  private let version: Int64
  private let text: JSONNode
  private let chain: Chain
  private let runs: InsideRuns
  private var olds: [Int64: Old] = [:]
  private var labels = StepLabels()
  private(set) var errors: [Issue] = []

  /// - Parameters:
  ///   - version: the one that is to be live.
  ///   - text: its document, and `steps` what it says.
  init(chain number: Int64, version: Int64, text: JSONNode, steps chain: Chain, runs: InsideRuns) {
    (self.number, self.version, self.text, self.chain, self.runs) = (number, version, text, chain, runs)
  }

  mutating func answer(_ place: (version: Int64, step: Int, count: Int64), _ db: Connection) throws -> JSONValue {
    let label = try labels.label(chain: number, version: place.version, step: place.step, db)
    return [
      "step": .string(label), "version": .number(JSONNumber(place.version)), "count": .number(JSONNumber(place.count)),
      "becomes": .string(try becomes(place, label, db)),
    ]
  }

  private mutating func becomes(
    _ place: (version: Int64, step: Int, count: Int64), _ label: String, _ db: Connection
  ) throws -> String {
    guard place.version != version else { return label }
    switch runs {
    case .pin: return label
    case .restart: return "restarted"
    case .follow: break
    }
    // What this server cannot read stays where it is.
    guard let old = try old(place.version, db) else { return label }
    switch old.matching.fates.indices.contains(place.step) ? old.matching.fates[place.step] : .deleted(next: chain.end)
    {
    case .stays(let index, _): return chain.program[index].label
    case .deleted(let next): return next < chain.end ? chain.program[next].label : "completed"
    case .moved(let index):
      refuse(place, label, at: chain.program[index])
      return chain.program[index].label
    }
  }

  private mutating func refuse(_ place: (version: Int64, step: Int, count: Int64), _ label: String, at step: Step) {
    let stand = place.count == 1 ? "1 run stands" : "\(place.count) runs stand"
    let node = text.at(step.pointer) ?? text
    errors.append(
      Issue(
        pointer: step.pointer, at: node.location, code: .moved,
        detail: "\(stand) at the step `\(label)` of version \(place.version), which has no `id` and has moved to "
          + "`\(step.label)`: expected a step that keeps its place or has an `id`",
        hint: "first publish version \(place.version) with an `id` at this step and let its runs follow; or choose pin "
          + "or restart"))
  }

  private mutating func old(_ version: Int64, _ db: Connection) throws -> Old? {
    if let known = olds[version] { return known }
    guard let document = try ChainStore().document(number, version: version, db) else { return nil }
    let text = try ChainDocument.parse(Array(document.utf8))
    guard let old = ChainParser.parse(text).chain else { return nil }
    let read = Old(
      program: old.program, matching: StepMatching(from: old, text, to: chain, self.text))
    olds[version] = read
    return read
  }
}

extension JSONNode {
  /// What a pointer leads to (RFC 6901), of the simple ones that steps have.
  fileprivate func at(_ pointer: String) -> JSONNode? {
    pointer.split(separator: "/").reduce(self) { node, part in
      guard let node, node.kind == .array else { return node?[String(part)] }
      let elements = node.elements
      return Int(part).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
    }
  }
}
