public import Domain
public import JSON

/// Makes the message that an adapter is handed out of a claim: rendered, its links signed.
public struct Renderer: Sendable {
  private let templates: TemplateCatalog
  private let tracker: Tracker
  private let shop: JSONValue
  /// In front of every message's key, so that two installations never share one.
  private let instance: String

  public init(templates: TemplateCatalog, tracker: Tracker, shop: JSONValue, instance: String) {
    (self.templates, self.tracker, self.shop, self.instance) = (templates, tracker, shop, instance)
  }

  public enum Made: Sendable {
    case message(OutgoingMessage)
    /// Not now: the template could not be read.
    case unready(detail: String)
    case failure(code: String, detail: String)
  }

  public func make(_ claim: Claim) -> Made {
    let tracked = TrackedMessage(
      message: claim.message, contact: claim.contact, channel: claim.channel, chain: claim.chain, step: claim.step,
      template: claim.template)
    let unsubscribeURL = unsubscribeURL(tracked, claim.purpose)
    do {
      guard let template = try templates.template(claim.template, version: claim.templateVersion) else {
        return .failure(code: "missing_template", detail: "there is no template \(claim.template)")
      }
      let rendered = try render(
        template, claim.values.object ?? [:], unsubscribeURL: unsubscribeURL, locale: claim.locale, zone: claim.zone)
      return .message(
        OutgoingMessage(
          id: claim.message, key: "\(instance).\(claim.message)", channel: claim.channel, purpose: claim.purpose,
          to: claim.address, toName: claim.name, subject: rendered.subject, text: rendered.text,
          html: rendered.html.map { tracker.rewrite(html: $0, for: tracked) }, unsubscribeURL: unsubscribeURL,
          contact: claim.contactID, data: claim.values["data"] ?? .object([:])))
    } catch let failure as RenderFailure {
      return .failure(code: failure.code, detail: failure.detail)
    } catch let refusal as Refusal {
      return .failure(code: "template_unavailable", detail: refusal.issues.first?.detail ?? "it has errors")
    } catch {
      return .unready(detail: "the template could not be read: \(error)")
    }
  }

  /// The bodies of a message made once more, out of its template's version and the values it saw; nil until it has
  /// passed the gate.
  public func render(
    _ message: Message, with template: Template, locale: String?, zone: Zone
  ) throws -> RenderedMessage? {
    guard let values = message.values?.object else { return nil }
    let tracked = TrackedMessage(
      message: message.id, contact: message.contact, channel: message.channel, chain: message.chain,
      step: message.step, template: message.template)
    return try render(
      template, values, unsubscribeURL: unsubscribeURL(tracked, message.purpose), locale: locale, zone: zone)
  }

  /// What tells of an order or a password is not to be unsubscribed from.
  private func unsubscribeURL(_ tracked: TrackedMessage, _ purpose: Purpose) -> String? {
    purpose == .marketing ? tracker.unsubscribeURL(tracked) : nil
  }

  /// - Parameter values: all but `shop` and `links`, which are added.
  public func render(
    _ template: Template, _ values: JSONObject, unsubscribeURL: String?, locale: String?, zone: Zone
  ) throws(RenderFailure) -> RenderedMessage {
    var values = values
    values["shop"] = shop
    values["links"] = ["unsubscribe": unsubscribeURL.map { .string($0) } ?? .null]
    return try template.render(values: .object(values), locale: locale, zone: zone)
  }
}
