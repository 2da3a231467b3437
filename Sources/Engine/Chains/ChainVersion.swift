public import Domain

/// A published version of a chain, parsed: what runs walk.
public struct ChainVersion: Sendable {
  public let number: Int64
  public let id: String
  public let version: Int64
  public let chain: Chain

  public init(number: Int64, id: String, version: Int64, chain: Chain) {
    (self.number, self.id, self.version, self.chain) = (number, id, version, chain)
  }
}
