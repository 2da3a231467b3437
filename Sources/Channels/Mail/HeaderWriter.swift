/// Writes header fields, folded before column 78 (RFC 5322 §2.1.1, §2.2.3) and in ASCII alone.
struct HeaderWriter {
  private(set) var bytes: [UInt8] = []
  private var column = 0
  private var isFirstWord = true

  static let foldColumn = 78

  /// A field whose value is words of prose, such as a subject (RFC 5322 §3.6.5).
  mutating func prose(_ name: String, _ value: HeaderText) {
    begin(name)
    if Self.isPlainProse(value.text) {
      for word in value.text.utf8.split(separator: 32) { add(Array(word)) }
    } else {
      addEncoded(value.text)
    }
    end()
  }

  /// A field that holds one address with or without a name (RFC 5322 §3.4).
  mutating func mailbox(_ name: String, _ mailbox: Mailbox) {
    begin(name)
    guard let displayName = mailbox.name else {
      add(Array(mailbox.address.text.utf8))
      return end()
    }
    if let phrase = Self.plainPhrase(displayName.text) {
      add(Array(phrase.utf8))
    } else {
      addEncoded(displayName.text)
    }
    add(Array("<\(mailbox.address.text)>".utf8))
    end()
  }

  /// A field of tokens that must stay whole, in ASCII without control characters.
  mutating func tokens(_ name: String, _ tokens: String...) {
    begin(name)
    for token in tokens { add(Array(token.utf8)) }
    end()
  }

  private mutating func begin(_ name: String) {
    bytes += name.utf8
    bytes.append(UInt8(ascii: ":"))
    column = name.utf8.count + 1
    isFirstWord = true
  }

  private mutating func end() { bytes.appendLineEnd() }

  /// A word, after a space or on a line of its own. The first word stays beside the name: a line of nothing but white
  /// space is not allowed (RFC 5322 §2.2.3), and some readers lose what follows an empty one.
  private mutating func add(_ word: [UInt8]) {
    if column + 1 + word.count > Self.foldColumn, !isFirstWord {
      bytes.appendLineEnd()
      column = 0
    }
    isFirstWord = false
    bytes.append(32)
    bytes += word
    column += 1 + word.count
  }

  private mutating func addEncoded(_ text: String) {
    for word in EncodedWord.words(of: text, firstRoom: Self.foldColumn - column - 1) { add(word) }
  }

  /// Nothing to encode, no word too long for a line, no spaces that folding could lose, nothing that reads as an
  /// encoded word.
  private static func isPlainProse(_ text: String) -> Bool {
    let longest = 60
    var run = 0
    var before: UInt8 = 32
    for byte in text.utf8 {
      guard byte >= 32, byte <= 126, !(byte == 32 && before == 32), !(before == 61 && byte == 63) else { return false }
      run = byte == 32 ? 0 : run + 1
      guard run <= longest else { return false }
      before = byte
    }
    return before != 32 || text.isEmpty
  }

  /// Atoms as they are, other short ASCII as a quoted string; nil for what must be encoded.
  private static func plainPhrase(_ name: String) -> String? {
    let longest = 60
    guard name.utf8.count <= longest, name.utf8.allSatisfy({ $0 >= 32 && $0 <= 126 }), !name.contains("=?") else {
      return nil
    }
    let words = name.utf8.split(separator: 32, omittingEmptySubsequences: false)
    if words.allSatisfy({ !$0.isEmpty && $0.allSatisfy(MailAddress.isAtomText) }) { return name }
    var quoted = "\""
    for character in name {
      if character == "\"" || character == "\\" { quoted.append("\\") }
      quoted.append(character)
    }
    return quoted.utf8.count < longest ? quoted + "\"" : nil
  }
}
