// Schemas: what the documents of marketers look like, as JSON Schema (draft 2020-12), so that editors complete and
// explain their keys. One .json a document, embedded in the binary; a target of its own since embedding is slow to
// compile. The parsers judge documents, not these: a test holds the two together.

/// A schema as it is served and as it lies in this folder.
public struct PublishedSchema: Sendable {
  /// As in its path, `chain.json`.
  public let name: String
  public let text: [UInt8]

  public static let all = [
    PublishedSchema(name: "chain.json", text: PackageResources.chain_json),
    PublishedSchema(name: "tests.json", text: PackageResources.tests_json),
    PublishedSchema(name: "segment.json", text: PackageResources.segment_json),
    PublishedSchema(name: "template.json", text: PackageResources.template_json),
  ]
}
