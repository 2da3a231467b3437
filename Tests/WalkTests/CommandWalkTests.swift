import Foundation
import Glibc
import JSON
import Synchronization
import Testing

/// The commands that speak to a server, with the real one.
@Suite("Commands and a running server", .onItsOwnThread)
struct CommandWalkTests {
  private let shop: Shop
  private let url: [String]

  init() throws {
    shop = try Shop()
    url = ["--url", "http://127.0.0.1:\(try #require(shop.zveno).port)"]
  }

  private func run(_ words: [String], input: String? = nil) throws -> (status: Int32?, output: String) {
    guard let input else { return try Zveno.run(words + url) }
    try shop.folder.write(input, to: "input")
    let under = ["sh", "-c", "\"$@\" < \"$0\"", shop.folder.path + "/input"]
    return try Zveno.run(words + url, under: under)
  }

  /// What a command with `--json` says, warnings on the other stream aside.
  private func json(_ words: [String], status: Int32 = 0) throws -> JSONValue {
    let silent = ["sh", "-c", "exec \"$0\" \"$@\" 2> /dev/null"]
    let answer = try Zveno.run(words + url, under: silent)
    #expect(answer.status == status, "\(words): \(answer.output)")
    return (try? JSONValue(parsing: answer.output)) ?? .null
  }

  private static let chain = #"{"enter": {"event": "signup"}, "steps": [{"send": "email", "template": "hello"}]}"#

  private func writeFiles(subject: String = "Hello", chain: String = chain) throws -> String {
    try shop.folder.write("{\"subject\": \"\(subject)\"}", to: "files/templates/hello.json")
    // Partials come after what stands on them.
    try shop.folder.write("Hi {{contact.id}}\n{{> zfooter}}", to: "files/templates/hello.txt")
    try shop.folder.write("The shop", to: "files/templates/zfooter.txt")
    try shop.folder.write(#"{"is": {"segment": "zbase"}}"#, to: "files/segments/all.json")
    try shop.folder.write(#"{"is": {"contact": {"city": "Kazan"}}}"#, to: "files/segments/zbase.json")
    try shop.folder.write(chain, to: "files/chains/hello.json")
    return shop.folder.path + "/files"
  }

  @Test("a folder is shown as a difference, applied, and then there is nothing to do")
  func apply() throws {
    let files = try writeFiles()
    let plan = try run(["apply", files, "--plan"])
    #expect(plan.status == 2, "\(plan.output)")
    #expect(plan.output.contains("+++ \(files)/chains/hello.json"))
    #expect(plan.output.contains("create template zfooter"))
    #expect(try shop.call("GET", "/v1/chains/hello").status == 404, "a plan changes nothing")
    let applied = try run(["apply", files, "--yes"])
    #expect(applied.status == 0, "\(applied.output)")
    #expect(applied.output.contains("hello is live as version 1"))
    #expect(try shop.ask("GET", "/v1/chains/hello")["status"] == "live")
    let again = try run(["apply", files, "--plan"])
    #expect(again.status == 0)
    #expect(again.output.contains("nothing to do: 5 documents"))

    _ = try writeFiles(subject: "Good day")
    let changed = try json(["apply", files, "--plan", "--json"], status: 2)
    let change = try #require(changed["changes"]?.array?.first)
    #expect(change["action"] == "update" && change["kind"] == "template" && change["id"] == "hello")
    #expect(change["diff"]?.string?.contains("-  \"subject\": \"Hello\"\n+  \"subject\": \"Good day\"\n") == true)
    #expect(changed["applied"] == false)
    let outcome = try json(["apply", files, "--json", "--yes"])
    #expect(outcome["applied"] == true && outcome["unchanged"] == 4)
    #expect(try shop.ask("GET", "/v1/templates/hello")["subject"] == "Good day")
  }

  /// On a terminal, with somebody who types.
  private func onTerminal(_ words: [String], typing: String) throws -> (status: Int32?, output: String) {
    let under = ["sh", "-c", "printf '\(typing)\\n' | script --quiet --return --command \"$*\" /dev/null", "sh"]
    return try Zveno.run(words + url, environment: ["TERM": "xterm", "NO_COLOR": ""], under: under)
  }

  @Test("on a terminal there are a bar and colours, and a question whose answer counts")
  func terminal() throws {
    let files = try writeFiles()
    let refused = try onTerminal(["apply", files], typing: "no")
    #expect(refused.status == 1)
    #expect(refused.output.contains("comparing [####"), "\(refused.output)")
    #expect(refused.output.contains("\u{1B}[32m+"))
    #expect(refused.output.contains("[yes/no]"))
    #expect(try shop.call("GET", "/v1/chains/hello").status == 404)
    let confirmed = try onTerminal(["apply", files], typing: "yes")
    #expect(confirmed.status == 0, "\(confirmed.output)")
    #expect(try shop.ask("GET", "/v1/chains/hello")["status"] == "live")
    let backup = try onTerminal(["backup", shop.folder.path + "/copy.sqlite"], typing: "")
    #expect(backup.output.contains("receiving [####"), "\(backup.output)")
    let plain = try run(["apply", files, "--plan"])
    #expect(!plain.output.contains("\u{1B}"))
  }

  @Test("what somebody else has done is shown before it is written over, and a draft that is there goes live")
  func others() throws {
    let files = try writeFiles()
    #expect(try run(["apply", files]).status == 0, "without a terminal nothing is asked")
    try shop.ask("PUT", "/v1/chains/hello", ["enter": ["event": "other"], "steps": [["wait": "1h"]]])
    let plan = try run(["apply", files, "--plan"])
    #expect(plan.status == 2)
    #expect(plan.output.contains("update chain hello (replaces a draft that is not live)"), "\(plan.output)")
    #expect(try run(["apply", files]).status == 0)
    #expect(try shop.ask("GET", "/v1/chains/hello")["has_draft"] == false)
    #expect(try run(["apply", files, "--plan"]).status == 0)

    let edited = Self.chain.replacing("signup", with: "visit")
    try shop.ask("PUT", "/v1/chains/hello", JSONValue(parsing: edited))
    _ = try writeFiles(chain: edited)
    let draft = try run(["apply", files])
    #expect(
      draft.output.contains("publish chain hello (the same draft is there, and is to go live)"), "\(draft.output)")
    #expect(try shop.ask("GET", "/v1/chains/hello")["version"] == 2)
  }

  @Test("a chain that is paused stays so and one in the archive comes back, and both are said before")
  func pausedAndArchived() throws {
    let files = try writeFiles()
    #expect(try run(["apply", files]).status == 0)
    #expect(try shop.call("DELETE", "/v1/chains/hello").status == 204)
    let archived = try run(["apply", files, "--plan"])
    #expect(archived.status == 2)
    #expect(archived.output.contains("publish chain hello (it is archived, and comes back)"), "\(archived.output)")
    let back = try run(["apply", files])
    #expect(back.output.contains("hello is live as version 1"), "\(back.output)")
    #expect(try shop.ask("GET", "/v1/chains/hello")["status"] == "live")

    try shop.ask("POST", "/v1/chains/hello/pause")
    #expect(try run(["apply", files, "--plan"]).status == 0)
    _ = try writeFiles(chain: Self.chain.replacing("signup", with: "visit"))
    let paused = try run(["apply", files])
    #expect(paused.output.contains("(it is paused, and stays paused until it is resumed)"), "\(paused.output)")
    #expect(paused.output.contains("hello is published, and still paused, as version 2"), "\(paused.output)")
    #expect(try shop.ask("GET", "/v1/chains/hello")["status"] == "paused")
  }

  @Test("a line that is too long is refused by its number, and the others are taken")
  func longLine() throws {
    let event = #"{"type":"view","contact":{"id":"ann"}}"#
    let long =
      #"{"type":"view","contact":{"id":"ann"},"properties":{"x":"\#(String(repeating: "x", count: 1 << 20))"}}"#
    let sent = try run(["events", "send"], input: [event, long, event, ""].joined(separator: "\n"))
    #expect(sent.status == 1)
    #expect(
      sent.output.contains("stdin:2:1: error: expected at most 1048576 bytes a line"), "\(sent.output.suffix(400))")
    #expect(sent.output.contains("2 accepted, 0 duplicates, 1 refused"))
  }

  @Test("errors in the files stop it before the server is asked, and what the server refuses goes live nowhere")
  func refusedFiles() throws {
    let broken = try writeFiles(chain: Self.chain.replacing("\"hello\"", with: "\"nothing\""))
    let local = try run(["apply", broken])
    #expect(local.status == 1)
    #expect(local.output.contains("chains/hello.json:1:"), "\(local.output)")
    #expect(try shop.call("GET", "/v1/templates/hello").status == 404)
    // A channel that only the server knows to be none.
    let files = try writeFiles(chain: Self.chain.replacing("\"email\"", with: "\"pigeon\""))
    let refused = try run(["apply", files])
    #expect(refused.status == 1)
    #expect(refused.output.contains("files/chains/hello.json:1:"), "\(refused.output)")
    #expect(refused.output.contains("no chain went live"))
    #expect(try shop.ask("GET", "/v1/chains/hello")["status"] != "live")
  }

  @Test("events are sent in batches, bad lines are told by their number, and a second time all are known")
  func sendEvents() throws {
    var lines = (1...25).map { #"{"type":"view","contact":{"id":"ann"},"properties":{"n":\#($0)}}"# }
    lines[6] = "{broken"
    lines[9] = #"{"type":"view","contact":{}}"#
    lines.insert("", at: 3)
    let text = lines.joined(separator: "\n")
    try shop.folder.write(text, to: "events.ndjson")
    let send = ["events", "send", "--make-ids", "--batch", "10"]
    let first = try run(send + [shop.folder.path + "/events.ndjson"])
    #expect(first.status == 1)
    #expect(first.output.contains("events.ndjson:8:2: error: expected one JSON object a line"), "\(first.output)")
    #expect(first.output.contains("events.ndjson:11:26: error: "))
    #expect(first.output.contains("23 accepted, 0 duplicates, 2 refused"))
    let second = try run(send, input: text)
    #expect(second.output.contains("0 accepted, 23 duplicates, 2 refused"), "\(second.output)")
    let one = try run(["events", "send", "--json"], input: #"{"type":"cart","contact":{"id":"bob"}}"#)
    #expect(one.status == 0)
    #expect(try JSONValue(parsing: one.output)["accepted"] == 1)
  }

  @Test("tail shows the newest and then what comes in, and ends when it has shown enough")
  func tailEvents() throws {
    for n in 1...5 { try shop.event("view", id: "old-\(n)") }
    let past = try run(["events", "tail", "--last", "3", "--count", "3", "--json"])
    #expect(past.status == 0)
    let ids = try past.output.split(separator: "\n").map { try JSONValue(parsing: String($0))["id"] }
    #expect(ids == ["old-3", "old-4", "old-5"])
    // Events come in for as long as somebody looks.
    let port = try #require(shop.zveno).port
    let flag = Flag()
    Thread {
      var types = ["cart", "view"]
      while !flag.isSet {
        let event = #"{"type":"\#(types[0])","contact":{"id":"ann"}}"#
        let headers = [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "application/json")]
        guard (try? Call.make("POST", "/v1/events", port: port, headers: headers, body: Array(event.utf8))) != nil
        else { return }
        types.swapAt(0, 1)
      }
    }.start()
    let live = try run(["events", "tail", "--last", "0", "--type", "cart", "--count", "2"])
    flag.set()
    #expect(live.status == 0)
    #expect(live.output.split(separator: "\n").count == 2)
    #expect(live.output.split(separator: "\n").allSatisfy { $0.contains("  cart  ann  {}") }, "\(live.output)")
  }

  @Test("contacts go in and out through files, and refused lines are told")
  func transfer() throws {
    let table = "id,email,attributes.age:number\nann,ann@shop.example,30\nbob,bob@shop.example,old\n"
    try shop.folder.write(table, to: "contacts.csv")
    let path = shop.folder.path
    let first = try run(["import", path + "/contacts.csv"])
    #expect(first.status == 1)
    #expect(first.output.contains("contacts.csv:3:1: error: "), "\(first.output)")
    #expect(first.output.contains("1 created, 0 updated, 0 unchanged, 1 refused"))
    let stream = try run(["import", "--format", "ndjson", "-"], input: #"{"id":"bob","email":"bob@shop.example"}"#)
    #expect(stream.status == 0 && stream.output.contains("1 created"), "\(stream.output)")
    let out = try json(["export", path + "/out.csv", "--json"])
    let written = try String(contentsOfFile: path + "/out.csv", encoding: .utf8)
    #expect(out["bytes"]?.number?.int == Int64(written.utf8.count))
    #expect(written.contains("ann@shop.example") && written.contains("bob@shop.example"))
    #expect(try run(["export", path + "/out.csv"]).status == 1, "what is there is kept")
    let back = try run(["import", path + "/out.csv"])
    #expect(back.status == 0 && back.output.contains("2 unchanged"), "\(back.output)")
    #expect(try run(["export", "-", "--format", "ndjson"]).output.split(separator: "\n").count == 2)
  }

  @Test("a rehearsal is waited for and told")
  func rehearse() throws {
    try shop.ann()
    try shop.template("hello", ["subject": "Hello", "text": "Hello"])
    try shop.event("signup")
    try shop.advance("1h")
    try shop.ask("PUT", "/v1/chains/hello", JSONValue(parsing: Self.chain))
    let words = ["rehearse", "hello", "--from", "2026-03-02", "--to", "2026-03-02T10:00:00Z"]
    let told = try run(words)
    #expect(told.status == 0, "\(told.output)")
    #expect(told.output.contains("1 came in") && told.output.contains("1 messages"), "\(told.output)")
    #expect(try json(words + ["--json"])["entries"] == 1)
    #expect(try run(["rehearse", "hello", "--from", "yesterday", "--to", "2026-03-02"]).status == 64)
    #expect(try run(["rehearse", "hello", "--from", "2026-03-02", "--to", "2036-03-02"]).status == 1)
  }

  @Test(
    "keys are made with bounds, listed and revoked, also for scripts; without a key, or a server, it is said plainly")
  func keysAndRefusals() throws {
    let made = try json([
      "keys", "create", "--name", "site", "--scope", "site", "--rate", "5", "--burst", "9", "--json",
    ])
    let id = try #require(made["id"]?.string)
    #expect(made["rate"] == ["per_second": 5, "burst": 9])
    let listed = try json(["keys", "list", "--json"])
    #expect(listed.array?.contains { $0["id"]?.string == id && $0["last_used_at"] == .null } == true)
    #expect(try run(["keys", "list"]).output.contains("\(id)\tsite\tsite\tnever"))
    #expect(try json(["keys", "revoke", id, "--json"]) == ["revoked": .string(id)])
    let unknown = try run(["events", "tail", "--key", "zv_nobody"])
    #expect(unknown.status == 1)
    #expect(unknown.output.contains("answered 401") && unknown.output.contains("ZVENO_KEY"), "\(unknown.output)")
    #expect(try json(["health", "--json"])["status"] == "ready")
    #expect(shop.close() == 0)
    for words in [["apply", try writeFiles()], ["events", "tail"], ["keys", "list"], ["export", "-"], ["health"]] {
      let lost = try run(words)
      #expect(lost.status == 69, "\(words): \(lost.output)")
      #expect(lost.output.contains("is a server there?"), "\(lost.output)")
    }
    #expect(try run(["keys", "lsit"]).status == 64)
  }

  @Test("bash takes the completions and finds commands, subcommands and choices by their beginnings")
  func completions() throws {
    let script = try Zveno.run(["--generate-completion-script", "bash"]).output
    try shop.folder.write(script, to: "zveno.bash")
    func completed(_ words: [String]) throws -> [String] {
      let line = words.joined(separator: " ")
      let program = """
        source "$0"; COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " "))); COMP_CWORD=\(words.count - 1)
        COMP_LINE='\(line)'; COMP_POINT=\(line.count); COMPREPLY=()
        _zveno zveno '\(words.last ?? "")' '\(words.dropLast().last ?? "")'; printf '%s\\n' "${COMPREPLY[@]}"
        """
      let path = "PATH=\(Zveno.binary.deletingLastPathComponent().path):/usr/bin:/bin"
      return try Command.output(["env", path, "bash", "-c", program, shop.folder.path + "/zveno.bash"])
        .split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.sorted()
    }
    #expect(try completed(["zveno", "re"]) == ["rehearse", "release", "restore"].sorted())
    #expect(try completed(["zveno", "events", ""]).contains("tail"))
    #expect(try completed(["zveno", "apply", "--pl"]) == ["--plan"])
    #expect(try completed(["zveno", "apply", "--runs", "f"]) == ["follow"])
    #expect(try completed(["zveno", "keys", "create", "--scope", "met"]) == ["metrics"])
  }
}

private final class Flag: Sendable {
  private let value = Mutex(false)

  var isSet: Bool { value.withLock { $0 } }
  func set() { value.withLock { $0 = true } }
}
