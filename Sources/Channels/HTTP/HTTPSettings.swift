/// All that a channel to a provider's HTTP interface is configured with.
struct HTTPSettings: Sendable {
  let request: RequestTemplate
  let rules: AnswerRules
  /// The provider knows a repeated message by the key in the request.
  let isIdempotent: Bool
  let connections: Int
  let timeoutMilliseconds: Int
  /// A file of certificates to trust instead of the system's.
  let certificates: String?
  let secrets: Secrets
}
