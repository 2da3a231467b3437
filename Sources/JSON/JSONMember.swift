/// A key and its value, as they stand in a parsed text.
public struct JSONMember: Sendable {
  private let storage: JSONStorage
  private let keyIndex: Int

  init(storage: JSONStorage, keyIndex: Int) {
    self.storage = storage
    self.keyIndex = keyIndex
  }

  /// Built anew at each call; for comparing there is `hasKey`.
  public var key: String { keyNode.decodedString }

  public func hasKey(_ key: String) -> Bool { keyNode.decodedEquals(key) }

  /// The decoded bytes of the key.
  public var keyBytes: ArraySlice<UInt8> { keyNode.decodedBytes }

  /// Cost: proportional to the offset in the text; ask only for errors.
  public var keyLocation: JSONLocation { keyNode.location }

  public var value: JSONNode { JSONNode(storage: storage, index: keyIndex + 1) }

  private var keyNode: JSONNode { JSONNode(storage: storage, index: keyIndex) }
}
