import Domain
import JSON

@testable import Channels

/// The adapter that a channel's block in the configuration makes.
func adapter(_ block: String, secrets: [String: String] = [:]) throws -> any ChannelAdapter {
  let document = try JSONDocument(parsing: Array(block.utf8))
  return try Channels.adapter(
    from: document.root, at: "/channels/x", otherKeys: ["price", "per_second"], secret: { secrets[$0] }, now: { noon })
}

/// The issues that a channel's block is refused with; empty when it is taken.
func issues(_ block: String, secrets: [String: String] = [:]) throws -> [ConfigurationIssue] {
  do {
    _ = try adapter(block, secrets: secrets)
    return []
  } catch let refusal as Refusal {
    return refusal.issues
  }
}

/// A block of the adapter `http` that posts JSON to `server`, with more keys.
func provider(_ server: PythonServer, _ more: String = "", json: String = #"{"to": "{{to}}", "text": "{{text}}"}"#)
  -> String
{
  #"{"adapter": "http", "timeout": "1s", "request": {"url": "http://127.0.0.1:\#(server.port)/send", "json": \#(json)}"#
    + (more.isEmpty ? "" : ", \(more)") + "}"
}
