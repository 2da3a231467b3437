/// The bytes of a page that hold nothing any more, by SQLite's file format (https://www.sqlite.org/fileformat2.html).
enum PageSpace {
  /// What a page is for, as the pointer map of a file with auto_vacuum says.
  enum Kind: UInt8 {
    case root = 1
    case free, overflow, overflowGoesOn, branch
  }

  /// Overwrites with zeros what lies between and behind the cells of a b-tree page: the gap and the free blocks. Pieces
  /// of one to three bytes stay. A page that is not as it should be is left alone.
  /// - Parameter header: where the page's own header begins: 100 on the first page of a file, else 0.
  /// - Returns: whether anything was there.
  static func clearTree(_ page: UnsafeMutableRawBufferPointer, header: Int, usable: Int) -> Bool {
    let isLeaf: Bool
    switch page[header] {
    case 2, 5: isLeaf = false
    case 10, 13: isLeaf = true
    default: return false
    }
    let cells = word(page, header + 3)
    let written = word(page, header + 5)
    let content = written == 0 ? 65_536 : written
    let pointersEnd = header + (isLeaf ? 8 : 12) + 2 * cells
    guard pointersEnd <= content, content <= usable else { return false }
    var changed = clear(page, pointersEnd..<content)
    var block = word(page, header + 1)
    var last = 0
    // Each block names the next, which lies behind it.
    while block > last, block + 4 <= usable {
      let size = word(page, block + 2)
      guard size >= 4, block + size <= usable else { break }
      if clear(page, block + 4..<block + size) { changed = true }
      (last, block) = (block, word(page, block))
    }
    return changed
  }

  /// - Returns: whether anything but zeros was there.
  static func clear(_ page: UnsafeMutableRawBufferPointer, _ range: Range<Int>) -> Bool {
    guard !range.isEmpty, page[range].contains(where: { $0 != 0 }) else { return false }
    UnsafeMutableRawBufferPointer(rebasing: page[range]).initializeMemory(as: UInt8.self, repeating: 0)
    return true
  }

  static func word(_ page: UnsafeMutableRawBufferPointer, _ place: Int) -> Int {
    Int(page[place]) << 8 | Int(page[place + 1])
  }

  static func number(_ page: UnsafeMutableRawBufferPointer, _ place: Int) -> Int64 {
    Int64(word(page, place)) << 16 | Int64(word(page, place + 2))
  }
}
