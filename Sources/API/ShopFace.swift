/// What the shop's public pages show of it.
public struct ShopFace: Sendable {
  public var name: String
  public var locale: String?

  public init(name: String, locale: String?) { (self.name, self.locale) = (name, locale) }
}
