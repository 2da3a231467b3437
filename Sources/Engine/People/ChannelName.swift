import Domain
import JSON

/// What a channel may be called: a word the shop chooses, that fits a path, a label of a metric and a key of JSON.
enum ChannelName {
  static let maxBytes = 64

  static func isGood(_ name: String) -> Bool {
    let first = name.utf8.first.map { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") } ?? false
    return first && name.utf8.count <= maxBytes && name.utf8.allSatisfy(isPart)
  }

  static func issue(_ pointer: String, at location: JSONLocation, got: String) -> Issue {
    Issue(
      pointer: pointer, at: location, code: .badValue,
      detail: "expected a channel's name of lower-case letters, digits, `_` and `-`, got \"\(got)\"",
      hint: "such as \"email\" or \"sms\"")
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
