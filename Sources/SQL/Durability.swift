/// What a commit waits for (https://www.sqlite.org/pragma.html#pragma_synchronous, in WAL mode).
public enum Durability: String, Sendable, CaseIterable {
  /// The disk has it: a commit survives kill -9 and loss of power.
  case full
  /// The kernel has it: a commit survives kill -9; loss of power may undo the last ones.
  case normal
  /// As `normal`, and loss of power may damage the file. For tests and throw-away data.
  case off
}
