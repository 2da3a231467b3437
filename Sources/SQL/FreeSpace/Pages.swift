/// The pages of a database's file, for whom nobody writes to meanwhile.
struct Pages {
  /// The file's lock lies here; the page of it holds nothing.
  private static let lockByte: Int64 = 0x4000_0000

  private let file: MainFile
  let size: Int
  private let usable: Int
  let count: Int64
  /// Whether the file says itself what each page is for.
  let hasMap: Bool
  /// Pages in no use that list the others, with how many each lists.
  private var trunks: [Int64: Int] = [:]
  /// The page of the pointer map read last.
  private var map: (page: Int64, bytes: [UInt8])?

  /// Reads the header and the list of free pages.
  init(_ file: MainFile) throws {
    self.file = file
    var header = [UInt8](repeating: 0, count: 100)
    let bytes = try file.size()
    var (size, usable, hasMap, trunk) = (0, 0, false, Int64(0))
    if bytes >= 512 {
      try header.withUnsafeMutableBytes { header in
        try file.read(header, at: 0)
        size = PageSpace.word(header, 16)
        if size == 1 { size = 65_536 }
        usable = size - Int(header[20])
        hasMap = PageSpace.number(header, 52) > 0
        trunk = PageSpace.number(header, 32)
      }
    }
    guard size >= 512 else { throw SQLError.misuse("expected a database, got a file of \(bytes) bytes") }
    (self.size, self.usable, self.hasMap, count) = (size, usable, hasMap, bytes / Int64(size))
    var page = [UInt8](repeating: 0, count: size)
    while trunk > 0, trunk <= count, trunks[trunk] == nil {
      try page.withUnsafeMutableBytes { page in
        try file.read(page, at: (trunk - 1) * Int64(size))
        trunks[trunk] = Int(PageSpace.number(page, 4))
        trunk = PageSpace.number(page, 0)
      }
    }
  }

  /// - Returns: how many of these pages held something of what is gone.
  mutating func clear(_ range: Range<Int64>) throws -> Int {
    var buffer = [UInt8](repeating: 0, count: range.count * size)
    let start = (range.lowerBound - 1) * Int64(size)
    var cleaned = 0
    try buffer.withUnsafeMutableBytes { buffer in
      try file.read(buffer, at: start)
      for (index, number) in range.enumerated() {
        let page = UnsafeMutableRawBufferPointer(rebasing: buffer[index * size..<(index + 1) * size])
        guard try clear(page, number) else { continue }
        try file.write(page, at: start + Int64(index * size))
        cleaned += 1
      }
    }
    return cleaned
  }

  private mutating func clear(_ page: UnsafeMutableRawBufferPointer, _ number: Int64) throws -> Bool {
    if number == 1 { return PageSpace.clearTree(page, header: 100, usable: usable) }
    let mapPage = mapPage(of: number)
    guard number != mapPage, number != Self.lockByte / Int64(size) + 1 else { return false }
    switch try kind(of: number, mapPage) {
    case .root, .branch: return PageSpace.clearTree(page, header: 0, usable: usable)
    case .free: return PageSpace.clear(page, (trunks[number].map { min(8 + 4 * $0, usable) } ?? 0)..<usable)
    case .overflow, .overflowGoesOn, nil: return false
    }
  }

  /// Where the map says what the page is for: each page of it is about the pages that follow it.
  private func mapPage(of number: Int64) -> Int64 {
    let group = Int64(usable / 5 + 1)
    let page = (number - 2) / group * group + 2
    return page == Self.lockByte / Int64(size) + 1 ? page + 1 : page
  }

  private mutating func kind(of number: Int64, _ mapPage: Int64) throws -> PageSpace.Kind? {
    if map?.page != mapPage {
      var bytes = [UInt8](repeating: 0, count: size)
      try bytes.withUnsafeMutableBytes { try file.read($0, at: (mapPage - 1) * Int64(size)) }
      map = (mapPage, bytes)
    }
    let place = 5 * Int(number - mapPage - 1)
    guard let map, place >= 0, place < usable else { return nil }
    return PageSpace.Kind(rawValue: map.bytes[place])
  }
}
