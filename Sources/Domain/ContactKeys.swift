/// What a shop calls a contact by. Each is normalised where it enters: addresses in lower case, phones in E.164.
public struct ContactKeys: Sendable, Hashable {
  public var id: String?
  public var email: String?
  public var phone: String?
  public var anonymousID: String?

  @inlinable public init(id: String? = nil, email: String? = nil, phone: String? = nil, anonymousID: String? = nil) {
    (self.id, self.email, self.phone, self.anonymousID) = (id, email, phone, anonymousID)
  }

  @inlinable public var isEmpty: Bool { id == nil && email == nil && phone == nil && anonymousID == nil }
}
