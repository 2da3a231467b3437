public import Domain
public import JSON

/// A row of the send ledger, as answers show it.
public struct Message: Sendable {
  public enum Status: String, Sendable, CaseIterable {
    case planned, sending, sent, delivered, failed, skipped, unknown
  }

  public let id: Int64
  public let run: Int64
  public let chain: String
  public let version: Int64
  public let step: String
  /// The contact's row and public id.
  public let contact: Int64
  public let contactID: String
  public let channel: String
  public let purpose: Purpose
  public let address: String?
  public let template: String
  public let templateVersion: Int64?
  public let status: Status
  public let attempts: Int
  public let price: String?
  public let plannedAt: Timestamp
  public let dueAt: Timestamp?
  public let expiresAt: Timestamp
  public let sentAt: Timestamp?
  public let deliveredAt: Timestamp?
  public let openedAt: Timestamp?
  public let machineOpenedAt: Timestamp?
  public let clickedAt: Timestamp?
  public let providerID: String?
  public let error: String?
  /// What has kept it from leaving at its time, the last of it; nil: nothing has.
  public let heldBy: String?
  /// The proof of consent it relied on when it was claimed: consent_proofs.id.
  public let consent: Int64?
  /// What the template saw; nil until claimed, and once it has been kept long enough.
  public let values: JSONValue?

  /// Without `values` and bodies.
  public var json: JSONObject {
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    func time(_ moment: Timestamp?) -> JSONValue { text(moment?.rfc3339) }
    return [
      "id": .string(String(id)), "run": .string(String(run)), "chain": .string(chain),
      "version": .number(JSONNumber(version)), "step": .string(step), "contact": .string(contactID),
      "channel": .string(channel), "purpose": .string(purpose.rawValue), "to": text(address),
      "template": .string(template), "template_version": templateVersion.map { .number(JSONNumber($0)) } ?? .null,
      "status": .string(status.rawValue), "attempts": .number(JSONNumber(attempts)), "price": text(price),
      "planned_at": .string(plannedAt.rfc3339), "due_at": time(dueAt), "expires_at": .string(expiresAt.rfc3339),
      "sent_at": time(sentAt), "delivered_at": time(deliveredAt), "opened_at": time(openedAt),
      "machine_opened_at": time(machineOpenedAt), "clicked_at": time(clickedAt), "provider_id": text(providerID),
      "error": text(error), "held_by": text(heldBy),
      "consent": text(consent.map { String($0) }),
    ]
  }
}
