import Domain
import Engine
import Ingest
import JSON
import SQL
import Seeds
import Testing

/// Random events, changes and calls about a few people who share browsers and addresses, against who they are by the
/// rules alone.
@Suite struct MergePropertyTests {
  /// Who is who, without a file.
  private struct Model {
    struct Person {
      /// By kind of key, as in `order`.
      var fields: [String: String] = [:]
      var events: [Int] = []
      var merged: Int?
    }
    static let order = ["id", "email", "phone", "anonymous"]

    var people: [Person] = []
    var owners: [String: Int] = [:]

    func hasID(_ person: Int) -> Bool { people[person].fields["id"] != nil }

    mutating func merge(_ person: Int, into other: Int) {
      guard person != other else { return }
      people[other].events = (people[other].events + people[person].events).sorted()
      people[other].fields.merge(people[person].fields) { first, _ in first }
      people[person] = Person(merged: other)
      for (key, owner) in owners where owner == person { owners[key] = other }
    }

    mutating func happen(_ keys: [String: String], _ n: Int) {
      let given = Self.order.compactMap { kind in keys[kind].map { (kind: kind, value: $0, key: kind + ":" + $0) } }
      var person: Int
      if let owner = owners[given[0].key] {
        person = owner
      } else if let adopter = given.dropFirst().compactMap({ owners[$0.key] }).first(where: {
        !hasID($0) && people[$0].fields[given[0].kind] == nil
      }) {
        person = adopter
      } else {
        people.append(Person())
        person = people.count - 1
      }
      if !hasID(person), keys["id"] == nil, let phone = keys["phone"], let known = owners["phone:" + phone],
        hasID(known)
      {
        merge(person, into: known)
        person = known
      }
      for (kind, value, _) in given where people[person].fields[kind] == nil { people[person].fields[kind] = value }
      for (kind, _, key) in given where owners[key] != person {
        guard let owner = owners[key] else {
          owners[key] = person
          continue
        }
        guard hasID(person) else { continue }
        if !hasID(owner) { merge(owner, into: person) } else if kind == "anonymous" { owners[key] = person }
      }
      people[person].events.append(n)
    }
  }

  @Test("merged at any moment, the history of each is what happened to all he was", arguments: [1, 2, 14] as [UInt64])
  func histories(seed: UInt64) throws {
    let world = try EngineWorld()
    var model = Model()
    var random = Seeded(seed)
    for n in 1...90 {
      var keys: [String: String] = [:]
      for kind in Model.order where random.below(5) < 2 { keys[kind] = "\(kind.first ?? "-")\(random.below(4))" }
      if keys.isEmpty { keys["anonymous"] = "a0" }
      try world.happen(
        "view",
        ContactKeys(
          id: keys["id"], email: keys["email"].map { $0 + "@shop.example" },
          phone: keys["phone"].map { "+791612345\($0.last ?? "0")0" }, anonymousID: keys["anonymous"]),
        ["n": .number(JSONNumber(n))])
      model.happen(keys, n)
      if random.below(12) == 0, let (first, second) = random.pair(of: model.owners.keys.sorted()) {
        let (contact, other) = (model.owners[first] ?? 0, model.owners[second] ?? 0)
        if contact != other {
          try world.merge(Self.publicID(first), into: Self.publicID(second))
          model.merge(contact, into: other)
        }
      }
      if random.below(15) == 0 { try world.restart() }
      if n % 5 == 0 { try compare(model, world, "seed \(seed), event \(n)") }
    }
    try compare(model, world, "seed \(seed), end")
    #expect(try world.findings() == [])
    #expect(model.people.contains { $0.merged != nil })
  }

  private func compare(_ model: Model, _ world: EngineWorld, _ place: String) throws {
    for (key, owner) in model.owners {
      let history = try world.history(Self.publicID(key))
      if history != model.people[owner].events {
        Issue.record("\(place), \(key): expected \(model.people[owner].events), got \(history)")
      }
    }
  }

  private static func publicID(_ key: String) -> String {
    let parts = key.split(separator: ":").map(String.init)
    return switch parts[0] {
    case "id": parts[1]
    case "email": "email:\(parts[1])@shop.example"
    case "phone": "phone:+791612345\(parts[1].last ?? "0")0"
    default: "anonymous:" + parts[1]
    }
  }
}

extension Seeded {
  fileprivate mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  fileprivate mutating func pair(of keys: [String]) -> (String, String)? {
    keys.count < 2 ? nil : (keys[below(keys.count)], keys[below(keys.count)])
  }
}
