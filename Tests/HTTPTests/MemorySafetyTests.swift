import Foundation
import Testing

/// Pointers are what turns a wrong length into somebody else's memory.
@Suite("Memory safety")
struct MemorySafetyTests {
  private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Sources/HTTP").standardizedFileURL

  /// From a connection's bytes to a request, but for the one file that may.
  private static let parser = [
    "RequestParser", "HeadScanner", "RequestLine", "RequestTarget", "RequestHead", "Authority", "FieldText", "Framing",
    "ChunkScanner", "ChunkExtensions", "Headers",
  ]

  @Test("the parser touches memory through pointers in SpanBytes alone", arguments: parser)
  func pointers(_ name: String) throws {
    let text = try String(contentsOf: Self.sources.appending(path: name + ".swift"), encoding: .utf8)
    for word in ["unsafe", "withUTF8Buffer", "Pointer", "withContiguousStorage", "Unmanaged"] {
      #expect(!text.localizedCaseInsensitiveContains(word), "\(word)")
    }
  }
}
