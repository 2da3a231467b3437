public import JSON

/// The properties of a stored event as a value.
public enum EventProperties {
  public static func value(_ bytes: [UInt8]) throws -> JSONValue {
    bytes.isEmpty ? .object([:]) : try JSONValue(parsing: bytes, limits: .stored)
  }

  /// False when the text cannot have such a member: then there is no need to parse it. For names that nobody escapes.
  static func mayName(_ name: String, _ bytes: [UInt8]) -> Bool {
    let wanted = Array("\"\(name)\"".utf8)
    return bytes.indices.contains { bytes[$0] == wanted[0] && bytes[$0...].starts(with: wanted) }
  }
}
