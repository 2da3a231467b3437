import JSON

/// What is written beside the routes. A file has a `tag` with its `description`, `places` (the parameters of its paths, by
/// name), `operations` by method and path, and the `schemas` they speak of; schemas are in `SchemaNotation`.
///
/// An operation has an `id`, which never changes, a `summary`, perhaps a `description`, and
/// - `takes`: the schema of its JSON body, or schemas by media type; `bodyMayBeAbsent`; `example`, where its schema has none;
/// - `answers` by status: a schema, null for an empty body, or `{"description", "type", "schema", "headers"}`, or `types`;
/// - `page` or `list`: the schema of the items of its answer, with or without `limit` and `after`;
/// - `query`: its parameters by name, each a schema; `places`: those that differ from the file's;
/// - `tagged`: it has an ETag, and conditions on it; `refuses`: problems besides the usual ones.
enum RouteWords {
  struct Group: Sendable {
    let tag: String
    let description: String
    let places: JSONObject
    let operations: JSONObject
    let schemas: JSONObject
  }

  /// What all routes share.
  static func common() throws(JSONError) -> JSONObject { try read(PackageResources.common_openapi_json) }

  /// In the order of the document.
  static func groups() throws(JSONError) -> [Group] {
    var groups: [Group] = []
    for file in files {
      let words = try read(file)
      groups.append(
        Group(
          tag: words["tag"]?.string ?? "", description: words["description"]?.string ?? "",
          places: words["places"]?.object ?? [:], operations: words["operations"]?.object ?? [:],
          schemas: words["schemas"]?.object ?? [:]))
    }
    return groups
  }

  private static var files: [[UInt8]] {
    [
      PackageResources.events_openapi_json, PackageResources.contacts_openapi_json,
      PackageResources.relations_openapi_json, PackageResources.chains_openapi_json,
      PackageResources.trying_openapi_json, PackageResources.segments_openapi_json,
      PackageResources.templates_openapi_json, PackageResources.messages_openapi_json,
      PackageResources.webhooks_openapi_json, PackageResources.analytics_openapi_json,
      PackageResources.ops_openapi_json, PackageResources.links_openapi_json, PackageResources.schemas_openapi_json,
    ]
  }

  private static func read(_ file: [UInt8]) throws(JSONError) -> JSONObject {
    try JSONValue(parsing: file).object ?? [:]
  }
}
