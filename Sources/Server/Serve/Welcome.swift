/// What a start says on stdout: the new admin key, where the server listens, and at the first start the lines to try.
struct Welcome {
  let url: String
  /// Made just now.
  let newAdminKey: String?
  /// The first start of the folder, with somebody there to read, or with chains to try.
  let showsFirstSteps: Bool

  /// Printed before anything can go wrong: the key is shown this once.
  static func showKey(_ key: String) {
    Terminal.show("admin key, shown this once: \(key)")
  }

  func show() {
    Terminal.show("listening on \(url)")
    guard showsFirstSteps else { return }
    Terminal.show(firstSteps)
  }

  private var firstSteps: String {
    let key = newAdminKey ?? "$\(AdminKey.variable)"
    return """

      Try it (in another shell):
        KEY=\(key)
        curl -s \(url)/v1/events -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
          -d '{"type":"signup","contact":{"id":"ann","email":"ann@shop.example"}}'
        curl -s "\(url)/v1/messages?contact=ann" -H "Authorization: Bearer $KEY"
        curl -s \(url)/metrics -H "Authorization: Bearer $KEY" | grep '^zveno_chain'

      Ctrl-C ends it.
      """
  }
}
