import Domain
import JSON
import Testing

/// What is probably wrong: a warning at the place where it is written, with the nearest known word.
@Suite("Doubts about a chain")
struct DoubtTests {
  private func read(_ text: String, _ seen: SeenNames? = nil) throws -> ChainParser.Result {
    var references = References(
      channels: ["email": ChannelPolicy(), "sms": ChannelPolicy()], templates: ["a"], eventTypes: ["kart", "cart"])
    references.chains = ["welcome"]
    references.seen = seen
    let result = ChainParser.parse(try JSONDocument(parsing: Array(text.utf8)), references: references)
    #expect(result.errors == [], "\(text)")
    return result
  }

  private func chain(_ enter: String = #"{"event":"cart"}"#, _ more: String = "", _ steps: String = "") -> String {
    #"{"enter":\#(enter),\#(more)"steps":[\#(steps){"send":"email","template":"a"}]}"#
  }

  private let seen = SeenNames(
    events: [
      "cart": SeenNames.Events(count: 200, properties: ["cart_id", "total", "url"]),
      "kart": SeenNames.Events(count: 3, properties: ["total"]),
      "message.sent": SeenNames.Events(count: 200, properties: ["channel"]),
    ], contacts: 1000, attributes: ["city", "age"])

  @Test(
    "a name that nothing had so far is doubted where it stands, with the nearest",
    arguments: [
      (#"{"enter":{"event":"card"},"steps":[{"wait":"1h"}]}"#, "/enter/event", "did you mean `cart`?"),
      (#"{"enter":{"event":"cart","where":{"totl":1}},"steps":[{"wait":"1h"}]}"#, "/enter/where/totl", "`total`"),
      (#"{"enter":{"event":"cart"},"per":"card_id","steps":[{"wait":"1h"}]}"#, "/per", "`cart_id`"),
      (
        #"{"enter":{"event":"cart"},"only_if":{"contact":{"citi":"Kazan"}},"steps":[{"wait":"1h"}]}"#,
        "/only_if/contact/citi", "`city`"
      ),
      (
        #"{"enter":{"event":"cart"},"only_if":{"did":"cart","sum":{"totla":{">":1}}},"steps":[{"wait":"1h"}]}"#,
        "/only_if/sum/totla", "`total`"
      ),
      (
        #"{"enter":{"event":"cart"},"stop_when":{"did":"cart","same":{"url":"cart_idd"}},"steps":[{"wait":"1h"}]}"#,
        "/stop_when/same/url", "`cart_id`"
      ),
      (
        #"{"enter":{"event":"cart"},"goal":{"did":"cart","within":"7d","value":"totl"},"steps":[{"wait":"1h"}]}"#,
        "/goal/value", "`total`"
      ),
      (
        #"{"enter":{"event":"cart"},"steps":[{"set":{"x":{"from":"latest.cart.totl"}}}]}"#, "/steps/0/set/x/from",
        "`total`"
      ),
      (
        #"{"enter":{"event":"cart"},"steps":[{"wait_until":{"date":"contact.agee"},"at":"10:00"}]}"#,
        "/steps/0/wait_until/date", "`age`"
      ),
      (
        #"{"enter":{"event":"cart"},"only_if":{"did":"message.sent","where":{"chian":"x"}},"steps":[{"wait":"1h"}]}"#,
        "/only_if/where/chian", "`chain`"
      ),
    ])
  func doubts(_ text: String, _ pointer: String, _ hint: String) throws {
    let found = try read(text, seen).warnings
    #expect(found.map(\.pointer) == [pointer])
    #expect(found.first?.code == .doubtful && found.first?.column != nil)
    #expect(found.first?.hint?.contains(hint) == true, "\(found)")
  }

  @Test(
    "what was seen, what is standard and what the chain itself sets is not doubted, nor what few events tell about",
    arguments: [
      #"{"enter":{"event":"cart","where":{"items.sku":"x","url":"y","at":{"exists":true}}},"steps":[{"set":{"stage":"warm"}},{"if":{"contact":{"stage":"warm"}},"then":[{"exit":"x"}]}]}"#,
      #"{"enter":{"event":"kart","where":{"colour":"red"}},"steps":[{"wait":"1h"}]}"#,
      #"{"enter":[{"event":"cart"},{"api":true}],"steps":[{"if":{"trigger":{"whatever":1}},"then":[{"exit":"x"}]}]}"#,
      #"{"enter":{"event":"cart"},"only_if":{"contact":{"locale":"ru"}},"steps":[{"wait":"1h"}]}"#,
    ])
  func trusts(_ text: String) throws {
    #expect(try read(text, seen).warnings == [])
  }

  @Test("a channel or a chain that a condition names and that is not there is an error at its place")
  func findsNames() throws {
    var references = References(channels: ["email": ChannelPolicy()], templates: ["a"])
    references.chains = ["welcome"]
    let text = chain(#"{"event":"cart"}"#, #""only_if":{"all":[{"consent":"emial"},{"in_chain":"welcom"}]},"#)
    let errors = ChainParser.parse(try JSONDocument(parsing: Array(text.utf8)), references: references).errors
    #expect(errors.map(\.pointer) == ["/only_if/all/0/consent", "/only_if/all/1/in_chain"])
    #expect(errors.map(\.hint) == ["did you mean `email`?", "did you mean `welcome`?"])
  }

  @Test(
    "a chain that writes to a daily visitor every day is doubted",
    arguments: [
      ("view", #""reenter":"always","#, "", true),
      ("view", "", "", true),
      ("view", #""reenter":"after 1d","#, "", true),
      ("visit", #""reenter":"restart","#, #"{"wait":"2h"},"#, true),
      ("visit", #""reenter":"restart","#, #"{"wait":"30d"},"#, false),
      ("view", "", #"{"wait_for":{"did":"purchase"},"at_most":"3d","then":[{"exit":"bought"}]},"#, false),
      ("view", "", #"{"wait_for":{"did":"purchase"},"at_most":"3d"},"#, true),
      ("view", "", #"{"wait":"2d"},"#, false),
      ("view", #""reenter":"after 14d","#, "", false),
      ("view", #""reenter":"never","#, "", false),
      ("view", #""only_if":{"did_not":"message.sent","where":{"chain":"x"},"within":"30d"},"#, "", false),
      ("view", #""purpose":"transactional","#, "", false),
      ("cart", #""reenter":"always","#, "", false),
    ])
  func doubtsDailyVisits(_ type: String, _ more: String, _ steps: String, _ isDoubted: Bool) throws {
    let found = try read(chain(#"{"event":"\#(type)"}"#, more, steps)).warnings
    #expect(found.map(\.pointer) == (isDoubted ? [more.contains("reenter") ? "/reenter" : ""] : []), "\(found)")
  }
}
