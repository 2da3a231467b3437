import Domain
import JSON

/// A provider's answer as far as it was read.
struct HTTPAnswer: Sendable {
  let status: Int
  let retryAfter: String?
  /// At most `HTTPExchange.maxBodyBytes`.
  let body: [UInt8]
}

/// What a provider's answers mean.
struct AnswerRules: Sendable {
  /// Answers of one meaning: by status, by values in a JSON body, or by both at once.
  struct Pattern: Sendable {
    /// Nil: any.
    var statuses: Set<Int>?
    /// By JSON pointer, the values that count.
    var match: [(pointer: String, values: [JSONValue])] = []
  }

  var accepted = Pattern()
  /// Where an acceptance has the provider's id of the message.
  var idPointer: String?
  var rejected: [Pattern] = []
  var retry: [Pattern] = []

  static let maxIDBytes = 200

  /// `now`: milliseconds since 1970, against which a date in Retry-After is held.
  func outcome(of answer: HTTPAnswer, now: Int64) -> HandOver {
    let body = try? JSONDocument(parsing: answer.body).root
    let reason = answer.reason
    if rejected.contains(where: { $0.fits(answer.status, body) }) { return .rejected(reason: reason) }
    if retry.contains(where: { $0.fits(answer.status, body) }) {
      return .retry(afterSeconds: RetryAfter.seconds(answer.retryAfter, now: now), reason: reason)
    }
    if accepted.statuses?.contains(answer.status) ?? (200..<300).contains(answer.status) {
      return acceptance(body, reason: reason)
    }
    return byStatus(answer, now: now, reason: reason)
  }

  /// What cannot be read leaves the outcome open; what reads as something else is a refusal.
  private func acceptance(_ body: JSONNode?, reason: String) -> HandOver {
    for (pointer, values) in accepted.match {
      guard let found = body?.node(at: pointer)?.value else {
        return .unknown(reason: "expected \(pointer) in the answer, got \(reason)")
      }
      guard values.contains(found) else { return .rejected(reason: reason) }
    }
    guard let idPointer else { return .accepted(providerID: nil) }
    guard let id = body?.node(at: idPointer)?.identifier else {
      return .unknown(reason: "expected an id at \(idPointer) in the answer, got \(reason)")
    }
    return .accepted(providerID: String(id.prefix(Self.maxIDBytes)))
  }

  private func byStatus(_ answer: HTTPAnswer, now: Int64, reason: String) -> HandOver {
    switch answer.status {
    case 429, 503:
      .throttled(
        afterSeconds: RetryAfter.seconds(answer.retryAfter, now: now) ?? RetryAfter.defaultSeconds, reason: reason)
    case 408, 500..<600:
      .retry(afterSeconds: RetryAfter.seconds(answer.retryAfter, now: now), reason: reason)
    case 300..<500: .rejected(reason: reason)
    default: .unknown(reason: "expected a status that the channel knows, got \(reason)")
    }
  }
}

extension AnswerRules.Pattern {
  fileprivate func fits(_ status: Int, _ body: JSONNode?) -> Bool {
    if let statuses, !statuses.contains(status) { return false }
    return match.allSatisfy { pointer, values in
      body?.node(at: pointer).map { values.contains($0.value) } ?? false
    }
  }
}

extension HTTPAnswer {
  private static let maxReasonCharacters = 200

  /// For the ledger and for people.
  var reason: String {
    let text = HeaderText(cleaning: String(decoding: body.prefix(2048), as: UTF8.self))
      .prefix(Self.maxReasonCharacters).text
    return text.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(text)"
  }
}

extension JSONNode {
  /// What a JSON pointer (RFC 6901) leads to.
  func node(at pointer: String) -> JSONNode? {
    var node = self
    for token in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      let key = String(token).replacing("~1", with: "/").replacing("~0", with: "~")
      if node.kind == .array, let index = Int(key), node.elements.indices.contains(index) {
        node = node.elements[index]
      } else if let member = node[key] {
        node = member
      } else {
        return nil
      }
    }
    return node
  }

  fileprivate var identifier: String? {
    let text = string ?? number?.text
    return text?.isEmpty == false ? text : nil
  }
}
