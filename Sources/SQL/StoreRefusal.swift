/// Why a data folder cannot be used, as one line for the person who starts the server.
public struct StoreRefusal: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
