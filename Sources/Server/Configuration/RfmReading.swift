import Domain

extension RfmRule {
  init(reading reader: SettingReader) {
    self = .standard
    reader.refuseOthers(than: ConfigurationKeys.rfm)
    let type = reader.parsed("event", expecting: "an event type, as in \"purchase\"") {
      EventType.isValid($0) ? $0 : nil
    }
    let path = reader.parsed("value", expecting: "a path into the event, as in \"total\"") { PropertyPath($0) }
    let time = reader.parsed("boundaries", expecting: Recurrence.hint) { Recurrence($0) }
    (event, value, boundaries) = (type ?? event, path ?? value, time ?? boundaries)
  }
}
