/// The fields of a request: ranges into the bytes of its head. A String is built only when one is asked for.
public struct Headers: Sendable {
  /// Offsets into the head.
  struct Field: Sendable {
    let name: Range<Int32>
    let value: Range<Int32>
  }

  private let head: [UInt8]
  private let fields: [Field]

  init(head: [UInt8], fields: [Field]) {
    self.head = head
    self.fields = fields
  }

  /// For tests and calls from within; nothing is checked.
  public init(_ pairs: [(name: String, value: String)] = []) {
    var head: [UInt8] = []
    var fields: [Field] = []
    for pair in pairs {
      let start = Int32(head.count)
      head += pair.name.utf8
      let middle = Int32(head.count)
      head += pair.value.utf8
      fields.append(Field(name: start..<middle, value: middle..<Int32(head.count)))
    }
    self.init(head: head, fields: fields)
  }

  public var count: Int { fields.count }

  /// The first value of that name, in any case; without surrounding space. Bytes that are not UTF-8 become U+FFFD.
  public subscript(name: String) -> String? {
    fields.first { has($0, name) }.map { string($0.value) }
  }

  /// All values of that name, in order.
  public func all(_ name: String) -> [String] {
    fields.filter { has($0, name) }.map { string($0.value) }
  }

  /// Names as the client wrote them, in order.
  public var pairs: [(name: String, value: String)] {
    fields.map { (string($0.name), string($0.value)) }
  }

  private func has(_ field: Field, _ name: String) -> Bool {
    let utf8 = name.utf8
    guard field.name.count == utf8.count else { return false }
    var at = Int(field.name.lowerBound)
    for byte in utf8 {
      guard FieldText.lower(head[at]) == FieldText.lower(byte) else { return false }
      at += 1
    }
    return true
  }

  private func string(_ range: Range<Int32>) -> String {
    String(decoding: head[Int(range.lowerBound)..<Int(range.upperBound)], as: UTF8.self)
  }
}
