import Domain
import Engine
import JSON
import SQL

extension RehearsalRun {
  /// Contacts whose time is shown.
  private static let samples = 5
  private static let linesOfSample = 100
  private static let contactsAtOnce = 200

  /// What came of it, after `run`.
  public func figures() throws -> RehearsalFigures {
    var figures = RehearsalFigures()
    let own: [SQLValue] = [.int(wish.number), .int(Scratch.firstOwn)]
    figures.entries = try count("SELECT count(*) FROM runs WHERE chain = $1 AND id > $2", own)
    figures.inside = try count("SELECT count(*) FROM runs WHERE chain = $1 AND id > $2 AND state = 'active'", own)
    figures.hours = try world.db.query(
      """
      SELECT sent_at / 3600000, channel, count(*) FROM messages WHERE chain = $1 AND id > $2 AND sent_at IS NOT NULL
      GROUP BY 1, 2 ORDER BY 1, 2
      """, own
    ) {
      RehearsalFigures.Hour(
        hour: Timestamp(milliseconds: $0.int(0) * 3_600_000), channel: $0.text(1), messages: $0.int(2))
    }
    figures.channels = try channels(own)
    figures.messages = figures.channels.reduce(0) { $0 + $1.messages }
    figures.unsent = try world.db.query(
      """
      SELECT coalesce(error, 'unknown'), count(*) FROM messages
      WHERE chain = $1 AND id > $2 AND status IN ('skipped', 'failed') GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100
      """, own
    ) { (reason: $0.text(0), messages: $0.int(1)) }
    if try PastTable(name: "messages", key: []).columns(world.db).contains("held_by") {
      figures.capped = try count(
        """
        SELECT count(*) FROM messages
        WHERE chain = $1 AND id > $2 AND (held_by LIKE 'cap %' OR held_by LIKE 'quiet_after %')
        """, own)
    }
    figures.overlap = try overlap(own)
    figures.samples = try samples(own)
    figures.assumed = try assumed(figures, own)
    return figures
  }

  private func count(_ sql: String, _ parameters: [SQLValue]) throws -> Int64 {
    try world.db.first(sql, parameters) { $0.int(0) } ?? 0
  }

  private func channels(_ own: [SQLValue]) throws -> [RehearsalFigures.ChannelFigures] {
    let sql = """
      SELECT channel, coalesce(price, '0'), count(*) FROM messages WHERE chain = $1 AND id > $2 AND sent_at IS NOT NULL
      GROUP BY 1, 2 ORDER BY 1
      """
    var channels: [RehearsalFigures.ChannelFigures] = []
    for (channel, price, messages) in try world.db.query(sql, own, { ($0.text(0), $0.text(1), $0.int(2)) }) {
      let each = Money.tenThousandths(.string(price)) ?? 0
      let (sum, overflow) = each.multipliedReportingOverflow(by: messages)
      var total = (messages: messages, price: overflow ? Int64.max / 4 : sum)
      if let last = channels.last, last.channel == channel {
        total = (total.messages + last.messages, total.price + last.price)
        channels.removeLast()
      }
      channels.append(
        RehearsalFigures.ChannelFigures(channel: channel, messages: total.messages, price: total.price))
    }
    return channels
  }

  /// What other chains sent to those who got messages here.
  private func overlap(_ own: [SQLValue]) throws -> [RehearsalFigures.Overlap] {
    var sums: [String: (contacts: Int64, messages: Int64)] = [:]
    var last: Int64 = 0
    let sql = """
      SELECT DISTINCT contact FROM messages WHERE chain = $1 AND id > $2 AND sent_at IS NOT NULL AND contact > $3
      ORDER BY contact LIMIT \(Self.contactsAtOnce)
      """
    while true {
      let contacts = try world.db.query(sql, own + [.int(last)]) { $0.int(0) }
      guard let end = contacts.last else { break }
      for (chain, messages) in try past.read({ [wish] in try Self.others(of: contacts, wish, $0) }) {
        sums[chain, default: (0, 0)].contacts += 1
        sums[chain, default: (0, 0)].messages += messages
      }
      last = end
    }
    return sums.map {
      RehearsalFigures.Overlap(chain: $0.key, contacts: $0.value.contacts, messages: $0.value.messages)
    }
    .sorted { ($1.messages, $0.chain) < ($0.messages, $1.chain) }
  }

  private static func others(
    of contacts: [Int64], _ wish: RehearsalWish, _ live: Connection
  ) throws -> [(String, Int64)] {
    let sql = """
      SELECT c.id, count(*) FROM messages m JOIN chains c ON c.number = m.chain
      WHERE m.contact = $1 AND m.chain <> $2 AND m.sent_at >= $3 AND m.sent_at <= $4 GROUP BY 1
      """
    return try contacts.flatMap { contact in
      try live.query(
        sql, [.int(contact), .int(wish.number), .int(wish.from.milliseconds), .int(wish.to.milliseconds)]
      ) { ($0.text(0), $0.int(1)) }
    }
  }

  /// Some who came in, chosen by a hash: neither the first nor the loudest.
  private func samples(_ own: [SQLValue]) throws -> [RehearsalSample] {
    var chosen: [(place: UInt64, contact: Int64)] = []
    let sql = "SELECT DISTINCT contact FROM runs WHERE chain = $1 AND id > $2"
    try world.db.each(sql, own) { row in
      let contact = row.int(0)
      chosen.append((StableHash.of("sample \(contact)"), contact))
      if chosen.count > 64 { chosen = Array(chosen.sorted { $0.place < $1.place }.prefix(Self.samples)) }
      return true
    }
    return try chosen.sorted { $0.place < $1.place }.prefix(Self.samples).map { try sample(of: $0.contact) }
  }

  private func sample(of contact: Int64) throws -> RehearsalSample {
    let since = wish.from.milliseconds
    let runs = try world.db.query(
      """
      SELECT entered_at, ended_at, reason, key FROM runs WHERE contact = $1 AND chain = $2 AND id > $3 ORDER BY id
      LIMIT \(Self.linesOfSample)
      """, [.int(contact), .int(wish.number), .int(Scratch.firstOwn)]
    ) { row -> [RehearsalSample.Line] in
      var lines = [line(row.int(0), ["entered": .string(wish.chain), "key": .string(row.text(3))])]
      if let ended = row.optionalInt(1) {
        lines.append(line(ended, ["ended": .string(wish.chain), "reason": .string(row.text(2))]))
      }
      return lines
    }
    let messages = try world.db.query(
      """
      SELECT coalesce(sent_at, planned_at), channel, template, label, status, error FROM messages
      WHERE contact = $1 AND chain = $2 AND id > $3 ORDER BY id LIMIT \(Self.linesOfSample)
      """, [.int(contact), .int(wish.number), .int(Scratch.firstOwn)]
    ) { row in
      var object: JSONObject = [
        "send": .string(row.text(1)), "template": .string(row.text(2)), "step": .string(row.text(3)),
        "status": .string(row.text(4)),
      ]
      object["reason"] = row.optionalText(5).map(JSONValue.string)
      return line(row.int(0), object)
    }
    var events: [RehearsalSample.Line] = []
    for table in ["timeline", "fresh_timeline"] {
      events += try world.db.query(
        """
        SELECT t.at, y.name FROM \(table) t JOIN event_types y ON y.id = t.type
        WHERE t.contact = $1 AND t.at >= $2 AND y.name NOT IN ('message.sent', 'message.skipped', 'message.failed')
        ORDER BY t.at, t.seq LIMIT \(Self.linesOfSample)
        """, [.int(contact), .int(since)]
      ) { line($0.int(0), ["type": .string($0.text(1))]) }
    }
    let lines = (events + runs.flatMap { $0 } + messages).enumerated()
      .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    return RehearsalSample(
      contact: try People().contact(contact, world.db)?.publicID ?? "",
      lines: Array(lines.prefix(Self.linesOfSample)))
  }

  private func line(_ at: Int64, _ what: JSONObject) -> RehearsalSample.Line {
    RehearsalSample.Line(at: Timestamp(milliseconds: at), what: what)
  }

  private func assumed(_ figures: RehearsalFigures, _ own: [SQLValue]) throws -> [String] {
    var assumed = [
      "addresses, consents, suppressions and relations are as they are now",
      "templates, prices, hours and caps are as they are now",
    ]
    // The log has the names of fields, not their values; who was on a list it knows.
    for (field, contacts) in try changes.fields() {
      assumed.append(
        "`\(field)` is as it is now, and has changed since the rehearsal's beginning (contacts: \(contacts))")
    }
    let before = try past.read { [wish] live in
      try live.first(
        "SELECT count(*) FROM runs WHERE chain = $1 AND entered_at < $2 AND (ended_at IS NULL OR ended_at >= $2)",
        [.int(wish.number), .int(wish.from.milliseconds)]
      ) { $0.int(0) } ?? 0
    }
    if before > 0 {
      assumed.append("nobody was inside the chain when the rehearsal begins; then, it was \(before)")
    }
    if let oldest = span.oldest, oldest > wish.from, wish.number >= 0, span.before == 0 {
      assumed.append("events from before \(oldest.rfc3339) are not there: nothing had happened until then")
    }
    let known = try count("SELECT count(*) FROM rehearsed", [])
    if known < figures.messages {
      assumed.append(
        "\(figures.messages - known) of \(figures.messages) messages were never sent in that time: nobody opened, "
          + "clicked, answered or left by them")
    }
    if !world.setting.rules.caps.isEmpty {
      assumed.append(
        "caps' slots are given anew, to other chains' messages too; what those chains planned is what they planned then"
      )
    }
    if !others.isIdle {
      assumed.append(
        "who was inside \(interest.asked.chains.sorted().joined(separator: ", ")) is what is still on record of their runs"
      )
    }
    return assumed
  }
}
