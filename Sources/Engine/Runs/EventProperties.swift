public import JSON

/// The properties of a stored event as a value.
public enum EventProperties {
  public static func value(_ bytes: [UInt8]) throws -> JSONValue {
    bytes.isEmpty ? .object([:]) : try JSONValue(parsing: bytes, limits: .stored)
  }
}
