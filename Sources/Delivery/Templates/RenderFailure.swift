public import Domain

/// Why a message was not rendered. Templates fail closed: nothing goes out with a hole in it. It tells names, never
/// values.
public struct RenderFailure: Error, Sendable, Hashable {
  public enum Code: String, Sendable {
    case missingValue = "missing_value"
    case badValue = "bad_value"
    case tooLarge = "too_large"
  }

  public struct Finding: Sendable, Hashable {
    public var code: Code
    /// As the template has it: `money(trigger.total)`; nil when it is about the whole.
    public var name: String?
    public var detail: String
    /// Of the body: `/html`, `/locales/en/html`.
    public var pointer: String
    /// In the body, or in the partial it stands in.
    public var line: Int?
    public var column: Int?
    public var partial: String?
  }

  /// For the ledger: `missing_value`.
  public let code: String
  /// For people: `contact.first_name is missing (html, line 3)`.
  public let detail: String
  /// Everything that was found, up to a bound; empty when the template itself could not be used.
  public let findings: [Finding]

  public init(code: String, detail: String) { (self.code, self.detail, findings) = (code, detail, []) }

  init(_ findings: [Finding]) {
    self.findings = findings
    code = findings.first?.code.rawValue ?? Code.badValue.rawValue
    detail = findings.map(\.text).joined(separator: "; ")
  }

  /// The same for the answer to a preview.
  public var issues: [Issue] {
    findings.map {
      let code: Issue.Code =
        switch $0.code {
        case .missingValue: .missing
        case .badValue: .badValue
        case .tooLarge: .tooLarge
        }
      return Issue(pointer: $0.pointer, line: $0.line, column: $0.column, code: code, detail: $0.text)
    }
  }
}

extension RenderFailure.Finding {
  fileprivate var text: String {
    var place = [String(pointer.dropFirst())]
    if let partial { place.append("partial \(partial)") }
    if let line { place.append("line \(line)") }
    return "\(name ?? "the whole") \(detail) (\(place.joined(separator: ", ")))"
  }
}
