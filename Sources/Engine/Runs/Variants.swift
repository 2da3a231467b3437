import Domain
import SQL

/// Who was given which variant of a step, and which has won.
struct Variants {
  func given(to contact: Int64, chain: Int64, step: String, _ db: Connection) throws -> String? {
    let sql = "SELECT variant FROM variants_given WHERE chain = $1 AND contact = $2 AND step = $3"
    return try db.first(sql, [.int(chain), .int(contact), .text(step)]) { $0.text(0) }
  }

  /// The first stays; a variant that the chain no longer has gives way.
  func give(_ variant: String, of step: String, to contact: Int64, chain: Int64, _ db: Connection) throws {
    let sql = """
      INSERT INTO variants_given (chain, contact, step, variant) VALUES ($1, $2, $3, $4)
      ON CONFLICT (chain, contact, step) DO UPDATE SET variant = excluded.variant
      """
    try db.run(sql, [.int(chain), .int(contact), .text(step), .text(variant)])
  }

  func winner(chain: Int64, step: String, _ db: Connection) throws -> String? {
    let sql = "SELECT variant FROM variants_won WHERE chain = $1 AND step = $2"
    return try db.first(sql, [.int(chain), .text(step)]) { $0.text(0) }
  }

  func win(_ variant: String, of step: String, chain: Int64, now: Timestamp, _ db: Connection) throws {
    let sql = """
      INSERT INTO variants_won (chain, step, variant, at) VALUES ($1, $2, $3, $4)
      ON CONFLICT (chain, step) DO UPDATE SET variant = excluded.variant, at = excluded.at
      """
    try db.run(sql, [.int(chain), .text(step), .text(variant), .int(now.milliseconds)])
  }
}
