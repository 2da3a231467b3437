/// What a text may ask of its reader.
public struct JSONLimits: Sendable {
  /// Arrays and objects within one another; the outermost one counts. A text deeper than this is refused.
  public var maxDepth: Int

  public init(maxDepth: Int = 64) {
    self.maxDepth = maxDepth
  }

  /// For what was taken in once and is read back: deeper than anything the entrances let in, so that a text that could
  /// be stored can always be read.
  public static let stored = JSONLimits(maxDepth: 1024)

  /// Texts of this many bytes and more are refused: a tape entry counts children in 28 bits.
  static let maxBytes = 1 << 29

  /// Exponents outside ±this are refused, so that every number that got in can be compared and added exactly.
  static let maxExponent = 400
}
