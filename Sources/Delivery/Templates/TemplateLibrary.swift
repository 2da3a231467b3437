/// Where a template finds the others that it includes.
public struct TemplateLibrary: Sendable {
  /// Of all there are, for the nearest word.
  let ids: @Sendable () throws -> [String]
  /// At its newest version; nil when there is none.
  let document: @Sendable (_ id: String) throws -> TemplateDocument?

  public init(
    ids: @escaping @Sendable () throws -> [String],
    document: @escaping @Sendable (_ id: String) throws -> TemplateDocument?
  ) {
    (self.ids, self.document) = (ids, document)
  }

  public static let empty = TemplateLibrary(ids: { [] }, document: { _ in nil })
}
