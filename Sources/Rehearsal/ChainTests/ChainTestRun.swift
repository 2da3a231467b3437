import Domain
import Engine
import Ingest
import JSON
import SQL

extension ChainTests {
  /// Lives every test through in a world of its own.
  /// - Parameter isOver: asked again and again; true ends the test at hand and those after it with a problem.
  /// - Throws: `UnpublishableChain`, or a `Refusal` where the tests name what the chain does not have; then none was run.
  public func run(
    with material: ChainTestMaterial, _ setting: WorldSetting, isOver: @escaping () -> Bool = { false }
  ) throws -> ChainTestReport {
    guard let document = material.chains[chain] else {
      throw Refusal([chainPlace.issue(.unknownReference, "expected the id of a chain, got \"\(chain)\"")])
    }
    try check(against: document, material)
    _ = try material.world(setting, starts: starts, isOver: isOver)
    return ChainTestReport(
      starts: starts,
      results: try tests.map { try ChainTestRun(test: $0, tests: self, material, setting, isOver).result() })
  }

  /// Whether the steps and templates that the tests name are the chain's.
  private func check(against document: String, _ material: ChainTestMaterial) throws {
    let limits = JSONLimits(maxDepth: ChainStore.documentDepth)
    guard
      let chain = ChainParser.parse(try JSONDocument(parsing: Array(document.utf8), limits: limits)).chain
    else { return }
    var (steps, templates): (Set<String>, Set<String>) = ([], [])
    for step in chain.program {
      guard case .send(let send) = step.kind else { continue }
      steps.insert(step.label)
      templates.formUnion(send.templates)
    }
    // What leaves by the steps of others is expected too.
    for id in others {
      guard let other = material.chains[id] else {
        throw Refusal([
          chainPlace.issue(.unknownReference, "expected the chain \(id), which `with` names; it is not there")
        ])
      }
      templates.formUnion(ChainTestMaterial.templates(of: other).sent)
    }
    var issues: [Issue] = []
    func look(for word: String, among known: Set<String>, _ what: String, _ place: DocumentPlace) {
      guard !known.contains(word) else { return }
      let meant = nearest(to: word, among: known.sorted())
      issues.append(
        place.issue(
          .unknownReference, "expected \(what) of the chain \(self.chain), got \"\(word.prefix(60))\"",
          hint: meant.map { "did you mean `\($0)`?" }))
    }
    for test in tests {
      for happening in test.timeline {
        switch happening.deed {
        case .fact(_, let step, _, let place): look(for: step, among: steps, "the id of a step that sends", place)
        case .enroll(let id, _, let place) where id != self.chain && !others.contains(id):
          issues.append(
            place.issue(
              .unknownReference, "expected \"\(self.chain)\" or a chain of `with`, got \"\(id.prefix(60))\""))
        case .enroll, .event, .ownEvent: break
        }
      }
      for expected in test.expected {
        look(for: expected.message.template, among: templates, "a template", expected.templatePlace)
      }
    }
    if !issues.isEmpty { throw Refusal(Array(issues.prefix(Self.mostErrors))) }
  }
}

/// One test on its way.
private struct ChainTestRun {
  let test: ChainTest
  let tests: ChainTests
  let material: ChainTestMaterial
  let setting: WorldSetting
  let isOver: () -> Bool

  init(
    test: ChainTest, tests: ChainTests, _ material: ChainTestMaterial, _ setting: WorldSetting,
    _ isOver: @escaping () -> Bool
  ) {
    (self.test, self.tests, self.material, self.setting, self.isOver) = (test, tests, material, setting, isOver)
  }

  func result() throws -> ChainTestReport.Result {
    // Those who are known before the chain goes live do not enter it by being made.
    let begins = test.past.first?.at ?? tests.starts
    let world: World
    do {
      world = try material.world(setting, starts: begins, isOver: isOver) { world in
        try liveBefore(world)
        try relate(world)
      }
    } catch let error as WorldError {
      return ChainTestReport.Result(
        name: test.name, rows: SideBySide.rows(expected: test.expected.map(\.message), actual: []), unsent: [],
        problem: error.description)
    }
    var problem: String?
    do {
      problem = try live(world)
    } catch let error as WorldError {
      problem = error.description
    }
    return ChainTestReport.Result(
      name: test.name, rows: SideBySide.rows(expected: test.expected.map(\.message), actual: actual(world)),
      unsent: try UnsentMessage.all(in: world), problem: problem)
  }

  /// All that was there before the start. Who has a past is known from its beginning on.
  private func liveBefore(_ world: World) throws {
    let patches = Dictionary(uniqueKeysWithValues: test.contacts.map { ($0.id, $0.patch) })
    var known: Set<String> = []
    func meet(_ contact: String) throws {
      guard known.insert(contact).inserted, let patch = patches[contact] else { return }
      try world.put(contact, patch)
    }
    for happening in test.past {
      try world.move(to: happening.at)
      try meet(happening.contact)
      switch happening.deed {
      case .event(let event): try world.happen([event])
      case .ownEvent(let event): try world.happen(event, to: happening.contact)
      case .enroll, .fact: break
      }
    }
    try world.move(to: tests.starts)
    for contact in test.contacts { try meet(contact.id) }
  }

  private func relate(_ world: World) throws {
    try world.write { db, now in
      for contact in test.contacts {
        guard let row = try People().find(contact.id, db)?.row else { continue }
        for list in contact.lists { try Lists().set(row, on: list, true, now: now, db) }
        for relation in contact.relations {
          guard let other = try People().find(relation.other, db)?.row else { continue }
          try Relations().add(relation.kind, of: row, to: other, now: now, db)
        }
      }
    }
  }

  /// - Returns: the first thing that the test says and that could not be.
  private func live(_ world: World) throws -> String? {
    var problem: String?
    for happening in test.timeline {
      try world.move(to: happening.at)
      switch happening.deed {
      case .event(let event): try world.happen([event])
      case .ownEvent(let event): try world.happen(event, to: happening.contact)
      case .enroll(let chain, let properties, _):
        try world.enroll(happening.contact, into: chain, properties)
      case .fact(let fact, let step, let isMachine, _):
        if try world.tell(fact, of: step, happening.contact, isMachine: isMachine) { continue }
        // What leaves at this very moment is not gone yet.
        try world.settle()
        if try world.tell(fact, of: step, happening.contact, isMachine: isMachine) { continue }
        let after = SinceStart.text(happening.at - tests.starts)
        problem = problem ?? "`\(fact)` after \(after): the step \(step) has sent \(happening.contact) nothing by then"
      }
    }
    try world.live(until: test.until)
    return problem
  }

  private func actual(_ world: World) -> [TestMessage] {
    world.sent.map { TestMessage(at: $0.at, channel: $0.channel, template: $0.template, contact: $0.contact) }
  }
}
