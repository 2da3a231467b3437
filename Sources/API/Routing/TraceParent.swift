import HTTP

/// The caller's place in a trace (W3C Trace Context, §3.2): its id goes into the lines of the log about this request. What
/// is malformed is as good as absent, and never an error.
struct TraceParent {
  /// 32 hexadecimal digits in lower case.
  let traceID: String

  private static let length = 55

  init?(_ headers: Headers) {
    let values = headers.all("traceparent")
    guard values.count == 1, let text = values.first, let trace = Self(text) else { return nil }
    self = trace
  }

  /// `version-trace-parent-flags`. A later version may say more behind.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= Self.length else { return nil }
    let dash = UInt8(ascii: "-")
    guard bytes[2] == dash, bytes[35] == dash, bytes[52] == dash else { return nil }
    let (version, trace, parent, flags) = (bytes[0..<2], bytes[3..<35], bytes[36..<52], bytes[53..<55])
    guard [version, trace, parent, flags].allSatisfy({ $0.allSatisfy(Self.isHex) }),
      ![trace, parent].contains(where: { $0.allSatisfy { $0 == UInt8(ascii: "0") } })
    else { return nil }
    switch String(decoding: version, as: UTF8.self) {
    case "ff": return nil
    case "00": guard bytes.count == Self.length else { return nil }
    default: guard bytes.count == Self.length || bytes[Self.length] == dash else { return nil }
    }
    traceID = String(decoding: trace, as: UTF8.self)
  }

  private static func isHex(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }
}
