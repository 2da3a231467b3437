/// What templates take from the shop: the language of what is not translated, and how money is written.
public struct TemplateShop: Sendable {
  let locale: String
  /// ISO 4217.
  let currency: String
  let names: TemplateNames

  /// A locale that is none is English.
  public init(locale: String, currency: String, names: TemplateNames = TemplateNames()) {
    self.locale = TemplateLocale.normalized(locale) ?? "en"
    (self.currency, self.names) = (currency, names)
  }
}
