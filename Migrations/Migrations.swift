// The layouts of a data folder's file, oldest first, embedded in the binary. Append-only: a released .sql never changes.
// What comes in: the files of this folder. What goes out: a list for SQL's Migrator. Nothing here knows what a table means.

public import SQL

public enum Migrations {
  // SwiftPM names the bytes after the file, its first digit replaced: 0001_initial.sql is `_001_initial_sql`.
  public static let all: [Migration] = [
    Migration(number: 1, name: "initial", sql: text(PackageResources._001_initial_sql)),
    Migration(number: 2, name: "resumes", sql: text(PackageResources._002_resumes_sql)),
    Migration(number: 3, name: "id_window", sql: text(PackageResources._003_id_window_sql)),
    Migration(number: 4, name: "fresh_timeline", sql: text(PackageResources._004_fresh_timeline_sql)),
    Migration(number: 5, name: "retention", sql: text(PackageResources._005_retention_sql)),
    Migration(number: 6, name: "language", sql: text(PackageResources._006_language_sql)),
    Migration(number: 7, name: "traces", sql: text(PackageResources._007_traces_sql)),
    Migration(number: 8, name: "version_moves", sql: text(PackageResources._008_version_moves_sql)),
    Migration(number: 9, name: "webhooks", sql: text(PackageResources._009_webhooks_sql)),
    Migration(number: 10, name: "calendar", sql: text(PackageResources._010_calendar_sql)),
    Migration(number: 11, name: "held_by", sql: text(PackageResources._011_held_by_sql)),
    Migration(number: 12, name: "rfm", sql: text(PackageResources._012_rfm_sql)),
    Migration(number: 13, name: "segments", sql: text(PackageResources._013_segments_sql)),
    Migration(number: 14, name: "erasure", sql: text(PackageResources._014_erasure_sql)),
    Migration(number: 15, name: "proofs", sql: text(PackageResources._015_proofs_sql)),
    Migration(number: 16, name: "merges", sql: text(PackageResources._016_merges_sql)),
    Migration(number: 17, name: "attribute_types", sql: text(PackageResources._017_attribute_types_sql)),
    Migration(number: 18, name: "key_limits", sql: text(PackageResources._018_key_limits_sql)),
    Migration(number: 19, name: "idempotent_calls", sql: text(PackageResources._019_idempotent_calls_sql)),
    Migration(number: 20, name: "pending", sql: text(PackageResources._020_pending_sql)),
  ]

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
