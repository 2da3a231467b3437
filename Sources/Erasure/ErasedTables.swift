import Engine
import SQL

/// What an erasure does with each table there is. A table that is not named here fails a test.
public enum ErasedTables {
  public enum Fate: Sendable {
    /// Rows of the contact `$1`, few: deleted at once.
    case deleted(where: String)
    /// Rows that may be many, or that others have to be told of: `Erasures` goes through them in slices.
    case sliced
    /// Nothing about a person stands in it; why not.
    case impersonal(String)
  }

  public static let all: [String: Fate] = [
    "facts": .impersonal("the file's own: instance, secret, cursor, clock"),
    "event_types": .impersonal("names of types with figures"),
    "events": .sliced,
    "contacts": .sliced,
    "contact_keys": .deleted(where: "contact = $1"),
    "timeline": .sliced,
    "fresh_timeline": .sliced,
    "consents": .deleted(where: "contact = $1"),
    "consent_proofs": .deleted(where: "contact = $1"),
    // By the addresses that he had, with his row: see `Leaving`.
    "suppressions": .sliced,
    "chains": .impersonal("documents of marketers"),
    "chain_versions": .impersonal("documents of marketers"),
    "chain_changes": .impersonal("when chains were published and paused"),
    "chain_counters": .impersonal("figures"),
    "runs": .sliced,
    "run_moves": .sliced,
    "messages": .sliced,
    "message_counters": .impersonal("figures"),
    "templates": .impersonal("documents of marketers"),
    "template_versions": .impersonal("documents of marketers"),
    "tasks": .sliced,
    "api_keys": .impersonal("hashes of keys, named after systems"),
    // First when he is cut off, then what was answered meanwhile.
    "idempotent_calls": .deleted(where: answersAbout),
    "resumes": .impersonal("numbers of runs"),
    "version_moves": .impersonal("numbers of runs"),
    "id_blocks": .impersonal("32 bits of the id of an event, under a seed: nothing that could be searched for"),
    "retention_progress": .impersonal("how far deleting has come"),
    "kept_events": .sliced,
    "retired_messages": .impersonal("figures"),
    "retired_runs": .impersonal("figures"),
    "list_members": .deleted(where: "contact = $1"),
    "relations": .deleted(where: "contact = $1 OR other = $1"),
    "variants_given": .deleted(where: "chain IN (SELECT number FROM chains) AND contact = $1"),
    "variants_won": .impersonal("which variant of a step everybody gets"),
    "offers": .deleted(where: "contact = $1"),
    "webhooks": .impersonal("the shop's own systems"),
    "webhook_posts": .deleted(where: "contact = $1"),
    "timetables": .impersonal("when chains begin"),
    "planned_entries": .deleted(where: "timetable IN (SELECT id FROM timetables) AND contact = $1"),
    // By `RfmRows`, which counts them.
    "rfm": .sliced,
    "rfm_cells": .impersonal("figures"),
    "rfm_boundaries": .impersonal("figures"),
    "segment_averages": .impersonal("figures"),
    "segments": .impersonal("documents of marketers"),
    // By `Memberships`, which counts them.
    "memberships": .sliced,
    "audit": .impersonal("who changed what: of a contact it has his number alone"),
    // What is still on its way to him is deleted as his.
    "merged_contacts": .deleted(where: "survivor = $1 AND rest = 0"),
    "gone_contacts": .impersonal("a number"),
    "attribute_types": .impersonal("names of attributes"),
    "erasures": .impersonal("acts of erasure, which name nobody"),
    "erased_contacts": .sliced,
    "tombstones": .impersonal("hashes under a secret that is not in the file"),
    "suppressed_hashes": .impersonal("hashes under a secret that is not in the file"),
  ]

  /// Answers that tell of him, or may.
  static let answersAbout = """
    contact IN (SELECT 0 UNION ALL SELECT $1 UNION ALL SELECT contact FROM merged_contacts WHERE survivor = $1)
    """

  /// Deletes what is few. Returns how many rows, by table.
  static func deleteFew(of contact: Int64, _ db: Connection) throws -> [String: Int] {
    var deleted: [String: Int] = [:]
    // He is counted no more.
    try Memberships().forget(contact, db)
    try RfmRows().forget(contact, db)
    for (table, fate) in all.sorted(by: { $0.key < $1.key }) {
      guard case .deleted(let condition) = fate else { continue }
      deleted[table] = try db.run("DELETE FROM \(table) WHERE \(condition)", [.int(contact)])
    }
    return deleted
  }
}
