import Delivery
import Domain
import Engine
import JSON
import SQL

/// What clients and operators are going to do in a world, drawn from its seed before it begins: the same whatever
/// becomes of the server meanwhile.
struct Script {
  static let chains = ["first", "second", "third"]
  static let zones = [
    "Europe/Moscow", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago",
  ]
  /// Of customer 7 the phone ends in 7.
  static let phone = "+7916000000"
  private static let minute: Int64 = 60_000
  private static let hour: Int64 = 3_600_000
  private static let day: Int64 = 86_400_000
  /// Days within which most of a contact's events lie.
  private static let visit: Int64 = 5
  /// Days on and around which some zone changes its clocks, and quiet ones.
  private static let starts = [
    "2026-03-05T08:00:00Z", "2026-03-27T21:30:00Z", "2026-10-23T12:00:00Z", "2026-06-10T23:59:59Z",
    "2026-04-02T15:00:00Z",
  ]

  /// How much happens.
  struct Size {
    var contacts = 50
    var days: Int64 = 60
    var eventsPerContact = 5

    var events: Int { contacts * eventsPerContact }
  }

  let start: Int64
  let rules: Rules
  private(set) var happenings: [(time: Int64, happening: Happening)] = []
  let size: Size
  private var chance: Chance
  private var calls = 0
  private var marks = 0
  private var sent: (id: String, time: Int64)?
  /// When each contact's days in the shop begin.
  private var visits: [Int64] = []

  init(seed: UInt64, weather: Weather, bug: PlantedBug = .none, size: Size = Size()) {
    self.size = size
    chance = Chance(seed, for: "script")
    start = Timestamp(rfc3339: chance.pick(Self.starts))?.milliseconds ?? 0
    rules = Self.rules(weather, &chance)
    for _ in 0..<size.contacts { visits.append(start + chance.between(0, (size.days - Self.visit) * Self.day)) }
    open(weather)
    people()
    events()
    operate(weather, bug)
    if weather.erases { erase(seed) }
  }

  private static func rules(_ weather: Weather, _ chance: inout Chance) -> Rules {
    func hours(_ texts: [String?]) -> ClockSpan? { chance.pick(texts).flatMap { ClockSpan($0) } }
    let pace = weather.hasPaces ? 1 : nil
    return Rules(
      channels: [
        "email": ChannelPolicy(
          hours: hours([nil, nil, "09:00..20:00", "02:10..02:40"]), consent: .optOut, perSecond: pace, maxAttempts: 4),
        "sms": ChannelPolicy(hours: hours([nil, "09:00..21:00"]), consent: .optIn, maxAttempts: 3),
        "call": ChannelPolicy(hours: hours([nil, "10:00..18:00"]), consent: .none, price: "35.00", maxAttempts: 2),
      ],
      shopZone: Zone("Europe/Moscow") ?? .utc, retention: weather.retention,
      caps: weather.caps)
  }

  // MARK: - The shop

  private mutating func open(_ weather: Weather) {
    for id in ["a", "b"] {
      write("template \(id)", at: start) { life, db, now in
        try Desk(life, db, now).saveTemplate(id, #"{"text": "Hello"}"#)
      }
    }
    var references = References(channels: rules.channels, templates: ["a", "b"])
    references.retention = rules.retention
    var maker = ChainMaker(Chance(chance.next(), for: "chains"), references: references, isSure: weather.isSure)
    for chain in Self.chains {
      var time = start
      while true {
        let document = maker.document()
        let runs = chance.pick(weather.isSure ? [InsideRuns.pin] : [.pin, .pin, .follow, .follow, .restart])
        write("publish \(chain), \(runs)", at: time) { life, db, now in
          try Desk(life, db, now).publish(chain, document, runs: runs)
        }
        if time > start, weather.hasHaste, chance.hits(300) {
          // Somebody is quicker, and does not come back should it fail.
          let other = maker.document()
          write("publish \(chain) once", at: time - 1, isPatient: false) { life, db, now in
            try Desk(life, db, now).publish(chain, other)
          }
        }
        guard chance.hits(500) else { break }
        time += chance.between(Self.hour, size.days * Self.day)
      }
    }
    write("publish \(FixedChain.id)", at: start) { life, db, now in
      try Desk(life, db, now).publish(FixedChain.id, FixedChain.document)
    }
  }

  private mutating func people() {
    for index in 0..<size.contacts where !chance.hits(100) {
      for _ in 0...chance.below(2) {
        let patch = patch(index)
        let time = chance.hits(600) ? visits[index] - chance.between(0, Self.day) : anyTime()
        write("put c\(index)", at: time) { life, db, now in try Desk(life, db, now).put("c\(index)", patch) }
      }
    }
  }

  private mutating func patch(_ index: Int) -> ContactPatch {
    var patch = ContactPatch()
    if chance.hits(800) { patch.email = EmailAddress("c\(index)@shop.example").map { .set($0) } ?? .keep }
    if chance.hits(600) { patch.phone = PhoneNumber(Self.phone + "\(index)").map { .set($0) } ?? .keep }
    if chance.hits(800) { patch.zone = Zone(chance.pick(Self.zones)).map { .set($0) } ?? .keep }
    patch.attributes = [
      "age": .number(JSONNumber(15 + chance.below(50))), "city": .string(chance.pick(["Kazan", "Paris"])),
    ]
    if chance.hits(400) {
      patch.attributes["birthday"] = .string(chance.pick(["2026-03-12", "2026-10-30", "2026-04-01"]))
    }
    for channel in ["email", "sms", "call"] where chance.hits(400) {
      patch.consents.append(ContactPatch.ConsentGiven(channel: channel, granted: chance.hits(750)))
    }
    return patch
  }

  // MARK: - Events

  private mutating func events() {
    var left = size.events
    while left > 0 {
      let contact = chance.below(size.contacts)
      let time =
        chance.hits(800) ? visits[contact] + chance.between(1, Self.visit * Self.day) : anyTime()
      var batch = [event(of: contact, at: time)]
      for _ in 1..<chance.pick([1, 1, 1, 2, 4]) { batch.append(event(of: chance.below(size.contacts), at: time)) }
      left -= batch.count
      call("events", .events(batch), at: time)
      // Some senders repeat themselves, or use an id twice.
      if chance.hits(120) { call("events again", .events(batch), at: time + chance.between(0, 2 * Self.hour)) }
    }
  }

  private mutating func event(of contact: Int, at time: Int64) -> IncomingEvent {
    marks += 1
    var event = IncomingEvent(
      id: chance.hits(850) ? "e\(marks)" : nil, type: chance.pick(ConditionMaker.types), keys: keys(contact),
      at: happened(time), properties: properties(marks))
    // Within the window of the ids, now and then one stands for two different events.
    if let last = sent, abs(last.time - time) < Self.day, chance.hits(150) { event.id = last.id }
    if let id = event.id { sent = (id, time) }
    return event
  }

  private mutating func keys(_ index: Int) -> ContactKeys {
    switch chance.below(20) {
    case 0: return ContactKeys(email: "c\(index)@shop.example")
    case 1: return ContactKeys(phone: Self.phone + "\(index)")
    case 2: return ContactKeys(anonymousID: "visitor \(index)")
    case 3: return ContactKeys(id: "c\(index)", anonymousID: "visitor \(index)")
    case 4: return ContactKeys(id: "c\(index)", email: "c\(index)@shop.example")
    default: return ContactKeys(id: "c\(index)")
    }
  }

  /// Now, a little ago, long ago, or a little ahead.
  private mutating func happened(_ time: Int64) -> Timestamp? {
    switch chance.below(20) {
    case 0...10: nil
    case 11...15: Timestamp(milliseconds: time - chance.between(0, 20 * Self.minute))
    case 16, 17: Timestamp(milliseconds: time - chance.between(0, 20 * Self.hour))
    case 18: Timestamp(milliseconds: time - chance.between(Self.day, 5 * Self.day))
    default: Timestamp(milliseconds: time + chance.between(0, 5 * Self.minute))
    }
  }

  private mutating func properties(_ mark: Int) -> [UInt8] {
    var object: JSONObject = ["n": .number(JSONNumber(mark))]
    object["total"] = .number(JSONNumber(chance.below(20) * 1000))
    if chance.hits(700) { object["cart_id"] = .string("k\(chance.below(3))") }
    return JSONValue.object(object).serialized()
  }

  // MARK: - Operators

  private mutating func operate(_ weather: Weather, _ bug: PlantedBug) {
    let halfway = bug.resumesHalf
    for chain in Self.chains where !weather.isSure && chance.hits(500) {
      for _ in 0...chance.below(3) {
        let time = anyTime()
        write("pause \(chain)", at: time) { life, db, now in try Desk(life, db, now).pause(chain) }
        guard chance.hits(850) else { continue }
        write("resume \(chain)", at: time + chance.pick([0, Self.minute, 5 * Self.hour, 2 * Self.day])) {
          life, db, now in
          if halfway { try Desk(life, db, now).resumeHalf(chain) } else { try Desk(life, db, now).resume(chain) }
        }
      }
      for _ in 0..<chance.pick([0, 0, 0, 1, 3]) {
        let time = anyTime()
        write("archive \(chain)", at: time) { life, db, now in try Desk(life, db, now).archive(chain) }
        let runs = chance.pick([InsideRuns.pin, .follow])
        write("publish \(chain) again, \(runs)", at: time + chance.pick([0, 1, Self.hour])) { life, db, now in
          try Desk(life, db, now).publishAgain(chain, runs: runs)
        }
      }
    }
    for _ in 0..<6 {
      let isRetry = chance.hits(600) && !weather.isSure
      let time = anyTime() + 2 * Self.day
      write("resolve", at: time) { life, db, now in
        let message = try Desk(life, db, now).resolve(as: isRetry ? .retry : .sent)
        if let message, isRetry { life.retryAsked(message) }
      }
    }
    if weather.setsClock {
      for _ in 0...chance.below(3) {
        happenings.append(
          (anyTime(), .setClock(chance.pick([-Self.hour, -5_000, 3_000, Self.hour, 90 * Self.minute]))))
      }
    }
    merge()
  }

  /// Somebody finds that two contacts are one person.
  private mutating func merge() {
    for _ in 0..<size.contacts / 12 {
      let (one, other) = (chance.below(size.contacts), chance.below(size.contacts))
      write("merge c\(one) into c\(other)", at: anyTime()) { life, db, now in
        try Desk(life, db, now).merge("c\(one)", into: "c\(other)")
      }
    }
  }

  /// Some want to be forgotten, most of them in their days in the shop; some of these come back.
  private mutating func erase(_ seed: UInt64) {
    var chance = Chance(seed, for: "erasures")
    for _ in 0...max(2, size.contacts / 12) {
      let index = chance.below(size.contacts)
      let time =
        chance.hits(700)
        ? visits[index] + chance.between(Self.hour, (Self.visit + 1) * Self.day)
        : start + chance.between(Self.hour, size.days * Self.day)
      write("erase c\(index)", at: time) { life, db, now in try Desk(life, db, now).erase("c\(index)") }
      guard chance.hits(350) else { continue }
      let patch = patch(index)
      write("readmit c\(index)", at: time + chance.pick([1, Self.minute, 10 * Self.hour, 3 * Self.day])) {
        life, db, now in try Desk(life, db, now).readmit("c\(index)", patch)
      }
    }
  }

  private mutating func anyTime() -> Int64 { start + chance.between(Self.hour, size.days * Self.day) }

  private mutating func write(
    _ name: String, at time: Int64, isPatient: Bool = true,
    _ body: @escaping (Life, Connection, Int64) throws -> Void
  ) {
    call(name, .write(body), at: time, isPatient: isPatient)
  }

  private mutating func call(_ name: String, _ body: Call.Body, at time: Int64, isPatient: Bool = true) {
    calls += 1
    happenings.append((time, .call(Call(number: calls, name: name, body: body, isPatient: isPatient))))
  }
}
