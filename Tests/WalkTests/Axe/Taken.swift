import Foundation
import Testing

/// A letter that the mail server has taken, whether the server ever learned of it or not.
struct Taken {
  /// The ledger's number, out of the Message-ID.
  let message: Int64
  /// The event's id, out of the subject.
  let event: String

  /// A line of the mail server's journal: Message-ID, tab, subject.
  init(line: Substring) throws {
    let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
    try #require(parts.count == 2, "\(line)")
    let key = try #require(parts[0].dropFirst().split(separator: "@").first, "\(line)")
    // The dot between the installation and the number is written as "=2E".
    message = try #require(Int64(key.replacingOccurrences(of: "=2E", with: ".").split(separator: ".").last ?? ""))
    event = try #require(parts[1].split(separator: " ").last.map(String.init), "\(line)")
  }
}
