import Foundation
import Seeds
import Testing

@testable import Fuzz

/// What `make fuzz` begins with, and what it once found.
@Suite("Bytes of strangers")
struct KeptInputTests {
  private static let corpora = URL(filePath: #filePath).appending(path: "../../Corpora").standardized

  static func inputs(_ door: Door) throws -> [(name: String, bytes: [UInt8])] {
    try (["fuzz/" + door.name] + door.moreInputs).flatMap { name in
      let folder = corpora.appending(path: name)
      return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
        ($0, [UInt8](try Data(contentsOf: folder.appending(path: $0))))
      }
    }
  }

  @Test("what must hold does so for every kept input", arguments: Door.all.map(\.name))
  func kept(_ name: String) throws {
    let door = try #require(Door.named(name))
    let inputs = try Self.inputs(door)
    #expect(inputs.count >= 20)
    for input in inputs { #expect(throws: Never.self, "\(input.name)") { try door.enter(input.bytes) } }
  }

  @Test("and for thousands of changed ones", arguments: Door.all.map(\.name))
  func changed(_ name: String) throws {
    let door = try #require(Door.named(name))
    let inputs = try Self.inputs(door).map(\.bytes).filter { $0.count < 2_000 }
    var chance = Seeded(6)
    for round in 0..<2_000 {
      let bytes = chance.changed(inputs[round % inputs.count], with: inputs)
      #expect(throws: Never.self, "\(Data(bytes).base64EncodedString())") { try door.enter(bytes) }
    }
  }
}

extension Seeded {
  /// A few bytes changed, left out or put in, a stretch doubled, or the end of another input behind the start of this.
  fileprivate mutating func changed(_ bytes: [UInt8], with others: [[UInt8]]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &self) {
      let at = Int.random(in: 0...bytes.count, using: &self)
      switch Int.random(in: 0..<5, using: &self) {
      case 0: bytes.insert(UInt8.random(in: .min ... .max, using: &self), at: at)
      case 1: if at < bytes.count { bytes.remove(at: at) }
      case 2: if at < bytes.count { bytes[at] = UInt8.random(in: .min ... .max, using: &self) }
      case 3: bytes.insert(contentsOf: bytes[at...].prefix(Int.random(in: 0...20, using: &self)), at: at)
      default:
        guard let other = others.randomElement(using: &self) else { continue }
        bytes = bytes[..<at] + other.suffix(Int.random(in: 0...other.count, using: &self))
      }
    }
    return bytes
  }
}
