import Domain
import Engine
import Ingest
import SQL

extension PlantedBug {
  /// Each with the promises of which one must be seen broken.
  static var all: [(bug: PlantedBug, breaks: Set<String>)] {
    ofTheWalk + ofRetention + ofCaps + ofErasure + ofDecisions
  }

  private static var ofTheWalk: [(bug: PlantedBug, breaks: Set<String>)] {
    [
      (
        PlantedBug(name: "the cursor is committed a round before its consequences", engine: { EarlyCursor($0) }),
        ["the timeline is complete up to the cursor"]
      ),
      (
        PlantedBug(name: "messages are handed over before the commit", delivery: { EarlyHandOver($0) }),
        ["the intent is on disk before the hand-over", "a message is handed over once"]
      ),
      (
        PlantedBug(name: "after a restart claims are replayed past ledger and gate", replaysClaims: true),
        ["the intent is on disk before the hand-over", "a message is handed over once"]
      ),
      (
        PlantedBug(name: "a batch is appended twice", events: { $0 + $0.map(\.withoutID) }),
        ["a sending is stored once"]
      ),
      (
        PlantedBug(name: "clients hear 202 before the commit", answersEarly: true),
        ["no acknowledged event is lost"]
      ),
      (
        PlantedBug(name: "every provider is trusted to know messages by their key", trustsProviders: true),
        ["a message is handed over once"]
      ),
      (
        PlantedBug(name: "a resume forgets what the pause had parked", resumesHalf: true),
        ["no run is stuck"]
      ),
      (
        PlantedBug(name: "the engine's clock is an hour fast", engine: { FastClock($0) }),
        ["no wait ends early"]
      ),
      (
        PlantedBug(name: "figures of the engine are lost", engine: { LostFigures($0) }),
        ["the books balance", "entries and ends are counted", "every planned message is counted"]
      ),
      (
        PlantedBug(name: "the gate does not see suppressions", delivery: { BlindGate($0) }),
        ["no hand-over after a suppression", "no hand-over after an unsubscribe"]
      ),
      (
        PlantedBug(name: "what the engine has in memory survives a lost round", engine: { Unforgetful($0) }),
        ["the timeline is complete up to the cursor", "the books balance", "entries and ends are counted"]
      ),
      (
        PlantedBug(name: "a commit does not wait for the disk (synchronous=NORMAL)", durability: .normal),
        [
          "no acknowledged event is lost", "no event that was seen is lost", "the cursor never goes back",
          "the intent is on disk before the hand-over", "no acknowledged unsubscribe is lost",
        ]
      ),
      (
        PlantedBug(name: "ids are forgotten at a restart", forgetsIDs: true),
        ["an event's id is stored once"]
      ),
      (
        PlantedBug(name: "an end is recorded twice", delivery: { DoubleEnd($0) }),
        ["the books balance"]
      ),
      (
        PlantedBug(name: "what was counted in a lost round stays counted", delivery: { KeptFigures($0) }),
        ["entries and ends are counted"]
      ),
      (
        PlantedBug(name: "the merge of the timeline loses a row", engine: { LossyMerge($0) }),
        ["the timeline is complete up to the cursor"]
      ),
      (
        PlantedBug(name: "of a batch the last event is not stored", events: { $0.count > 1 ? $0.dropLast() : $0 }),
        ["no acknowledged event is lost", "no batch is half stored"]
      ),
    ]
  }
}
