public import JSON

/// Why a run is looked at.
public enum Cause: Sendable {
  /// An event of its contact that the chain listens to.
  case event(EventFact)
  /// Its time has come.
  case due
  /// The message it stands at was handed over, dropped or skipped.
  case handedOver(step: Int)
}

/// What a decision came to: the run as it is now, and what is to be done about it in the same transaction.
public struct Transition: Sendable {
  public var run: Run
  public var effects: [Effect]
}

/// A step that a decision came to or past, by its label (empty: the chain itself), and what figures say of it.
public struct PassedStep: Sendable, Equatable {
  public var step: String
  /// `then`, `else`, `variant:A`, `completed`, …; that it was reached is not said.
  public var outcomes: [String]

  public init(step: String, outcomes: [String]) { (self.step, self.outcomes) = (step, outcomes) }
}

extension Transition {
  /// What the decision came past, in its order; empty when the run stays where it was.
  public var path: [PassedStep] {
    effects.reduce(into: []) { path, effect in
      guard case .count(let step, let outcome) = effect, outcome != "entered" else { return }
      if outcome == "reached" {
        path.append(PassedStep(step: step, outcomes: []))
      } else if path.last?.step == step {
        path[path.count - 1].outcomes.append(outcome)
      } else {
        path.append(PassedStep(step: step, outcomes: [outcome]))
      }
    }
  }
}

public enum Effect: Sendable {
  /// Ask for a message; the run stands at the step until it is handed over.
  case plan(PlannedMessage)
  /// The run's messages that have not left must not leave.
  case withdraw(reason: String)
  /// Attributes of the contact.
  case set([(name: String, value: JSONValue)])
  /// On a static list, or off it.
  case list(String, add: Bool)
  /// To be posted to a webhook of the shop's.
  case webhook(id: String, step: String, data: JSONObject)
  /// What the site shows the contact in a slot.
  case offer(slot: String, template: String, until: Timestamp)
  /// The contact is to enter another chain.
  case enter(chain: String)
  /// The contact's runs in another chain end.
  case leave(chain: String)
  /// The variant of a step that the contact was given, for good.
  case assign(step: String, variant: String)
  /// The variant that everybody gets from now on.
  case win(step: String, variant: String)
  /// A figure of a step, or of the chain itself (empty).
  case count(step: String, outcome: String)
}

/// A message as the engine asks for it.
public struct PlannedMessage: Sendable, Equatable {
  public var step: Int
  public var label: String
  public var channel: String
  public var template: String
  public var purpose: Purpose
  public var plannedAt: Timestamp
  /// The first permitted moment.
  public var dueAt: Timestamp
  /// After this it must not leave.
  public var expiresAt: Timestamp
  /// Set when it is skipped from the start, with the reason.
  public var skip: String?
}

/// What configuration tells the pure rules.
public struct Rules: Sendable {
  public var channels: [String: ChannelPolicy]
  public var shopZone: Zone
  public var triggerMaxAge: Span
  public var retention: RetentionPolicy
  public var caps: [FrequencyCap]
  /// No marketing for so long after an event of that type.
  public var quietAfter: [String: Span]
  public var rfm: RfmRule

  public init(
    channels: [String: ChannelPolicy], shopZone: Zone, triggerMaxAge: Span = Domain.triggerMaxAge,
    retention: RetentionPolicy = RetentionPolicy(), caps: [FrequencyCap] = [], quietAfter: [String: Span] = [:],
    rfm: RfmRule = .standard
  ) {
    (self.channels, self.shopZone, self.triggerMaxAge) = (channels, shopZone, triggerMaxAge)
    (self.retention, self.caps, self.quietAfter, self.rfm) = (retention, caps, quietAfter, rfm)
  }

  /// Of one message over the channel, in the shop's currency; nil where nothing is configured.
  public func price(of channel: String) -> JSONNumber? {
    channels[channel]?.price.flatMap { JSONNumber(text: $0) }
  }
}
