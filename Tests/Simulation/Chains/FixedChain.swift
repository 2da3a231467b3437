/// A chain that is the same in every world, and that nobody edits, pauses or archives: of each of its runs the oracle
/// works out a second time where it went and what came of it.
enum FixedChain {
  static let id = "fixed"
  /// The event that lets in, from a `total` on.
  static let entering = "signup"
  static let least: Int64 = 13_000
  /// The events that a run waits for, and for how many milliseconds.
  static let awaited = ["purchase", "visit", "cart"]
  static let patience: Int64 = 36 * 3_600_000
  /// What a run sends: one of the two, and later, unless he is held out, the third.
  static let (bought, left, news) = ("bought", "left", "news")

  static let document = """
    {"name": "Fixed", "purpose": "transactional", "enter": {"event": "signup", "where": {"total": {">=": 13000}}},
     "per": "cart_id", "reenter": "always", "holdout": "15%",
     "steps": [
       {"wait_for": {"any": [{"did": "purchase"}, {"did": "visit"}, {"did": "cart"}]}, "at_most": "36h",
        "then": [{"send": "email", "template": "a", "id": "bought"}],
        "else": [{"send": "email", "template": "a", "id": "left"}]},
       {"wait": "90m"},
       {"send": "email", "template": "b", "id": "news", "purpose": "marketing"}]}
    """
}
