/// What a public link stands for.
public struct LinkToken: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case open
    /// http or https, visible ASCII only: it can stand in a `Location` header as it is.
    case click(target: String)
    case unsubscribe(channel: String)
  }

  public let kind: Kind
  /// Rows of the message and of the contact it went to. Both, since rows are numbered anew after a restored backup:
  /// an old letter's link must not act on the person who got the number later; compare them.
  public let message: Int64
  public let contact: Int64

  public init(kind: Kind, message: Int64, contact: Int64) {
    (self.kind, self.message, self.contact) = (kind, message, contact)
  }
}

extension LinkToken {
  /// Kind, the two numbers (LEB128), then the text of the kind.
  func append(to bytes: inout [UInt8]) {
    let (code, text): (UInt8, String?) =
      switch kind {
      case .open: (1, nil)
      case .click(let target): (2, target)
      case .unsubscribe(let channel): (3, channel)
      }
    bytes.append(code)
    Self.append(message, to: &bytes)
    Self.append(contact, to: &bytes)
    if let text { bytes += text.utf8 }
  }

  init?(bytes: ArraySlice<UInt8>) {
    var rest = bytes
    guard let code = rest.popFirst(), let message = Self.decode(&rest), let contact = Self.decode(&rest),
      let text = String(validating: rest, as: UTF8.self)
    else { return nil }
    switch code {
    case 1 where text.isEmpty: self.init(kind: .open, message: message, contact: contact)
    case 2: self.init(kind: .click(target: text), message: message, contact: contact)
    case 3: self.init(kind: .unsubscribe(channel: text), message: message, contact: contact)
    default: return nil
    }
  }

  private static func append(_ number: Int64, to bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: number)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private static func decode(_ bytes: inout ArraySlice<UInt8>) -> Int64? {
    var number: UInt64 = 0
    for place in 0..<10 {
      guard let byte = bytes.popFirst() else { return nil }
      number |= UInt64(byte & 0x7F) << (7 * UInt64(place))
      if byte < 0x80 { return Int64(bitPattern: number) }
    }
    return nil
  }
}
