public import Domain
public import SQL

/// Addresses that nothing passes to, or no marketing. They outlive the contact. Stateless: works over the connection
/// it is given.
public struct Suppressions: Sendable {
  public init() {}

  /// A place in the list, which is ordered by address, channel and reach.
  public struct Position: Sendable, Hashable {
    public var address: String
    /// '' is every channel.
    public var channel: String
    public var reach: String

    public init(address: String, channel: String, reach: String) {
      (self.address, self.channel, self.reach) = (address, channel, reach)
    }
  }

  /// The first reason and moment stay when the address is there already.
  public func add(_ suppression: Suppression, _ db: Connection) throws {
    try db.run(
      """
      INSERT INTO suppressions (address, channel, purpose, reason, at) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (address, channel, purpose) DO NOTHING
      """,
      [
        .text(suppression.address), .text(suppression.channel ?? ""), .text(suppression.reach.rawValue),
        .text(suppression.reason), .int(suppression.at.milliseconds),
      ])
  }

  /// - Parameter channel: nil takes away what was said of every channel, not what was said of one.
  /// - Parameter reach: nil takes away either.
  /// - Returns: how many were there.
  @discardableResult
  public func remove(
    address: String, channel: String? = nil, reach: Suppression.Reach? = nil, _ db: Connection
  ) throws -> Int {
    let reaches = reach.map { [$0] } ?? Suppression.Reach.allCases
    return try reaches.reduce(0) { removed, reach in
      removed
        + (try db.run(
          "DELETE FROM suppressions WHERE address = $1 AND channel = $2 AND purpose = $3",
          [.text(address), .text(channel ?? ""), .text(reach.rawValue)]))
    }
  }

  /// The reason that the unsubscribe link gives.
  public static let unsubscribed = "unsubscribed"

  public func liftUnsubscribe(of address: String, channel: String, _ db: Connection) throws {
    try db.run(
      "DELETE FROM suppressions WHERE address = $1 AND channel = $2 AND purpose = 'marketing' AND reason = $3",
      [.text(address), .text(channel), .text(Self.unsubscribed)])
  }

  private static let ofAddress = Query("SELECT channel, purpose, reason FROM suppressions WHERE address = $1")

  /// Why a message to this address must not leave; nil when it may. The address in its kept form.
  public func reason(
    against address: String, channel: String, purpose: Purpose, _ db: Connection
  ) throws -> String? {
    // An address has a handful at most, and hardly any has one: chosen here, not by a sort in the file.
    var found: String?
    try db.each(Self.ofAddress, { $0.bind(1, address) }) { row in
      let (onChannel, reach) = (row.text(0), row.text(1))
      guard onChannel.isEmpty || onChannel == channel, reach == "all" || reach == purpose.rawValue else { return true }
      found = row.text(2)
      return reach != "all"
    }
    return found
  }

  /// In the order of addresses, from after `position` on.
  public func page(
    after position: Position?, limit: Int, address: String? = nil, _ db: Connection
  ) throws -> [Suppression] {
    let after = position ?? Position(address: "", channel: "", reach: "")
    return try db.query(
      """
      SELECT address, channel, purpose, reason, at FROM suppressions
      WHERE (address, channel, purpose) > ($1, $2, $3) AND ($4 IS NULL OR address = $4)
      ORDER BY address, channel, purpose LIMIT $5
      """,
      [.text(after.address), .text(after.channel), .text(after.reach), .optional(address), .int(limit)]
    ) { row in
      let channel = row.text(1)
      return Suppression(
        address: row.text(0), channel: channel.isEmpty ? nil : channel,
        reach: Suppression.Reach(rawValue: row.text(2)) ?? .all, reason: row.text(3),
        at: Timestamp(milliseconds: row.int(4)))
    }
  }
}

extension Suppression {
  public var position: Suppressions.Position {
    Suppressions.Position(address: address, channel: channel ?? "", reach: reach.rawValue)
  }
}
