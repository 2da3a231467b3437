import Domain
import JSON

extension HTTPSettings {
  static let keys = [
    "adapter", "request", "accepted", "rejected", "retry", "idempotent", "from", "ca", "connections", "timeout",
  ]

  /// Nil when something is wrong, which `fields` then has an issue for.
  init?(reading fields: inout FieldReader, known: KnownValues) {
    let connections = fields.connections()
    let timeout = fields.timeoutMilliseconds()
    let certificates = fields.certificates()
    let isIdempotent = fields.bool("idempotent") ?? false
    _ = fields.string("from")
    let rules = AnswerRules(reading: &fields)
    guard let request = RequestTemplate(reading: &fields, known: known) else { return nil }
    if isIdempotent, !request.slots.contains(where: \.tellsMessagesApart) {
      fields.refuse(
        "idempotent", .badValue, "expected {{message.key}} in the request, by which the provider knows a repetition",
        hint: "put {{message.key}} into a header or the body, or take `idempotent` away")
    }
    guard fields.issues.isEmpty else { return nil }
    self.init(
      request: request, rules: rules, isIdempotent: isIdempotent, connections: connections,
      timeoutMilliseconds: timeout, certificates: certificates, secrets: Secrets(known.secrets))
  }
}

extension RequestTemplate {
  init?(reading block: inout FieldReader, known: KnownValues) {
    guard let node = block.field("request"), !node.isNull else {
      block.refuse("request", .missing, "expected `request`, got nothing")
      return nil
    }
    var fields = FieldReader(
      node, pointer: block.pointer(to: "request"), known: ["method", "url", "headers", "json", "form", "text"])
    let method = fields.word("method", Method.self) ?? .post
    let url = fields.requestURL(known)
    let headers = fields.requestHeaders(known)
    let body = fields.body(known)
    if method == .get, body.contentType != nil {
      fields.refuse("method", .badValue, "expected no body with GET", hint: "\"POST\", or put the values into the url")
    }
    for issue in fields.issues { block.refuse(issue) }
    guard let url, fields.issues.isEmpty else { return nil }
    self.init(method: method, url: url, headers: headers, body: body)
  }
}

extension FieldReader {
  /// Values of a message stand behind the host alone: none of them may choose where the request goes.
  fileprivate mutating func requestURL(_ known: KnownValues) -> TextTemplate? {
    guard string("url", maxBytes: 8192, required: true) != nil, let node = field("url"),
      let template = template(node, at: pointer(to: "url"), known: known)
    else { return nil }
    let expected = "expected http:// or https://, a host, and placeholders after it alone"
    let parts = CurlURL(template.filled(slotsAs: "x", escape: Escaping.url))
    let slotsAsHosts = CurlURL(template.filled(slotsAs: "y", escape: Escaping.url))
    guard let parts, ["http", "https"].contains(parts.scheme), parts.host != nil, let slotsAsHosts,
      (parts.scheme, parts.host, parts.port) == (slotsAsHosts.scheme, slotsAsHosts.host, slotsAsHosts.port),
      (parts.user, parts.password) == (slotsAsHosts.user, slotsAsHosts.password)
    else {
      refuse("url", .badValue, expected, hint: "\"https://api.provider.example/send\"")
      return nil
    }
    return template
  }

  fileprivate mutating func requestHeaders(_ known: KnownValues) -> [(name: String, value: TextTemplate)] {
    let headers = templates("headers", known: known)
    for (name, value) in headers {
      let place = pointer(to: "headers") + Issue.pointer(name)
      let location = (field("headers")?[name] ?? node).location
      let isToken = !name.isEmpty && name.utf8.allSatisfy { MailAddress.isAtomText($0) && !"/=?{}".utf8.contains($0) }
      if !isToken || RequestTemplate.reservedHeaders.contains(name.lowercased()) {
        refuse(
          Issue(
            pointer: place, at: location, code: .badValue,
            detail: "expected a header that may be set here, got \"\(name)\""))
      }
      if HeaderText(value.filled(slotsAs: "")) == nil {
        refuse(
          Issue(
            pointer: place, at: location, code: .badValue,
            detail: "expected a value without control characters, secrets included"))
      }
    }
    return headers
  }

  fileprivate mutating func body(_ known: KnownValues) -> BodyTemplate {
    let given = ["json", "form", "text"].filter { field($0).map { !$0.isNull } ?? false }
    guard given.count <= 1 else {
      refuse(given[1], .badValue, "expected one of json, form, text, got \(given.joined(separator: " and "))")
      return .none
    }
    guard let key = given.first, let node = field(key) else { return .none }
    switch key {
    case "json": return .json(jsonTemplate(node, at: pointer(to: key), known: known))
    case "form": return .form(templates(key, known: known))
    default: return template(node, at: pointer(to: key), known: known).map(BodyTemplate.text) ?? .none
    }
  }
}
