import Domain
import Engine
import SQL

/// What people call the steps of published versions; each version is parsed once for an answer.
struct StepLabels {
  private struct Version: Hashable {
    let chain: Int64
    let number: Int64
  }

  private var programs: [Version: [Step]] = [:]

  /// The step's index where its version cannot be read.
  mutating func label(chain: Int64, version: Int64, step: Int, _ db: Connection) throws -> String {
    let key = Version(chain: chain, number: version)
    let program: [Step]
    if let known = programs[key] {
      program = known
    } else {
      let text = try ChainStore().document(chain, version: version, db) ?? "{}"
      program = ChainParser.parse(try ChainDocument.parse(Array(text.utf8))).chain?.program ?? []
      programs[key] = program
    }
    return program.indices.contains(step) ? program[step].label : String(step)
  }
}
