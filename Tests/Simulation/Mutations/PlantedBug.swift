import Delivery
import Domain
import Engine
import Erasure
import Ingest
import Retention
import SQL

/// A bug put around the server, never into it, to show that the simulation sees such a one.
struct PlantedBug {
  /// What a life is made of.
  struct Parts {
    let log: EventLog
    let engine: Engine
    let delivery: Delivery
    let retention: Retention?
    let erasures: Erasures
    let counters: Counters
  }

  var name: String
  /// What stands in the engine's place.
  var engine: (Parts) -> any Duty = { $0.engine }
  var delivery: (Parts) -> any Duty = { $0.delivery }
  var retention: (Parts) -> (any Duty)? = { $0.retention }
  var erasures: (Parts) -> any Duty = { $0.erasures }
  /// What the gate reads in the configuration.
  var gateRules: (Rules) -> Rules = { $0 }
  /// What the door makes of a call's events.
  var events: ([IncomingEvent]) -> [IncomingEvent] = { $0 }
  /// What a commit waits for.
  var durability = Durability.full
  /// Clients hear 202 before the commit.
  var answersEarly = false
  /// After a restart the claims of the life before are handed over once more, without asking the gate.
  var replaysClaims = false
  /// Every channel is said to know messages by their key.
  var trustsProviders = false
  /// A start reads no ids of the log.
  var forgetsIDs = false
  /// A resume sets the chain live and forgets the runs that the pause has parked.
  var resumesHalf = false

  /// The door does not ask who was erased.
  var hasOpenDoor = false
  /// Free space is said to be overwritten, and is not.
  var forgetsFreeSpace = false

  /// Some people want to be forgotten.
  var erases = false
  /// How long what has happened is kept.
  var kept = RetentionPolicy()
  /// How much marketing one person gets.
  var caps: [FrequencyCap] = []
  /// What the engine does in one round.
  var slice = Engine.Slice()

  /// Weather in which the bug has a chance to show itself.
  var weather: Weather {
    var weather = Weather()
    (weather.retention, weather.slice, weather.caps) = (kept, slice, caps)
    weather.erases = erases
    if !kept.keepsEverything { weather.limits.windowMilliseconds = 2 * 86_400_000 }
    (weather.crashes, weather.lostRounds, weather.providerFaults) = (40, 40, 200)
    (weather.powerFails, weather.diskFaults, weather.clientsGivingUp) = (500, 20, 300)
    return weather
  }

  static var none: PlantedBug { PlantedBug(name: "none") }
}
