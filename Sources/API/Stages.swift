public import Delivery
public import Domain
public import Engine
public import Erasure
public import HTTP
public import Ingest
public import SQL

/// What the routes call, as the server wires it.
public struct Stages: Sendable {
  public var intake: Intake
  public var log: EventLog
  public var timeline: Timeline
  public var keys: Keys
  public var writer: Writer
  public var readers: Readers
  public var counters: Counters
  /// Channels and the shop's zone.
  public var rules: Rules
  public var templates: TemplateCatalog
  public var templateShop: TemplateShop
  public var renderer: Renderer
  public var tracker: Tracker
  public var machines: MachineDetector
  public var shop: ShopFace
  /// Called on the writer's thread inside a job that has changed chains: the catalog is to read them anew.
  public var chainsChanged: @Sendable () -> Void
  /// Families of `/metrics`, in their order.
  public var metrics: [MetricsSource]
  /// Why the server cannot take or work off events now; nil when it can.
  public var unready: @Sendable () -> String?
  /// The server's clock: milliseconds since 1970.
  public var now: @Sendable () -> Int64
  /// Nanoseconds since anything, for how long work takes.
  public var monotonic: @Sendable () -> Int64
  /// So many bytes that nobody can guess.
  public var random: @Sendable (Int) -> [UInt8]
  /// Moves the clock and answers, from any thread, once nothing is left to do. Nil: the server runs on the real clock.
  public var testClock: TestClock?
  public var hold: Hold
  /// Called on the writer's thread once a release is committed: the stages begin as at a start.
  public var released: @Sendable () -> Void
  /// Makes a copy of the file, and answers with it from any thread. Nil: there is no such route.
  public var backup: MakeBackup?
  public var worlds: Worlds
  public var erasures: Erasures
  /// On whose disk long answers are gathered.
  public var scratchFolder = "/tmp"
  /// Nil: there is no such route.
  public var logControl: LogControl?

  public typealias MakeBackup =
    @Sendable (_ done: @escaping @Sendable (Result<FileBody, any Error>) -> Void) -> Void

  public typealias TestClock =
    @Sendable (TestClockMove, _ done: @escaping @Sendable (Result<Timestamp, any Error>) -> Void) -> Void

  public init(
    intake: Intake, log: EventLog, timeline: Timeline, keys: Keys, writer: Writer, readers: Readers,
    counters: Counters, rules: Rules, templates: TemplateCatalog, templateShop: TemplateShop, renderer: Renderer,
    tracker: Tracker,
    machines: MachineDetector = MachineDetector(), shop: ShopFace,
    chainsChanged: @escaping @Sendable () -> Void, metrics: [MetricsSource],
    unready: @escaping @Sendable () -> String?, now: @escaping @Sendable () -> Int64,
    monotonic: @escaping @Sendable () -> Int64 = { 0 },
    random: @escaping @Sendable (Int) -> [UInt8], testClock: TestClock? = nil, hold: Hold,
    released: @escaping @Sendable () -> Void, backup: MakeBackup? = nil, worlds: Worlds, erasures: Erasures
  ) {
    self.timeline = timeline
    (self.intake, self.log, self.keys, self.writer, self.readers) = (intake, log, keys, writer, readers)
    (self.counters, self.rules, self.templates, self.templateShop) = (counters, rules, templates, templateShop)
    (self.renderer, self.tracker) = (renderer, tracker)
    (self.machines, self.shop, self.chainsChanged) = (machines, shop, chainsChanged)
    (self.metrics, self.unready, self.now, self.random) = (metrics, unready, now, random)
    (self.testClock, self.monotonic, self.erasures) = (testClock, monotonic, erasures)
    (self.hold, self.released, self.backup, self.worlds) = (hold, released, backup, worlds)
  }
}

extension Stages {
  /// The whole contract, as far as it is built: what is not in this table is 404.
  public var routes: [Route] {
    let people =
      EventRoutes.all(self) + EventListRoutes.all(self) + ContactRoutes.all(self) + TimelineRoutes.all(self)
      + ConsentRoutes.all(self)
      + ListRoutes.all(self) + RelationRoutes.all(self) + OfferRoutes.all(self)
      + ErasureRoutes.all(self) + ExportRoutes.all(self) + MergeRoutes.all(self)
      + TransferRoutes.all(self)
    let chains =
      ChainRoutes.all(self) + ChainLifeRoutes.all(self) + PublishRoutes.all(self) + ChainRunRoutes.all(self)
      + ChainTestRoutes.all(self) + RehearsalRoutes.all(self) + EnrollRoutes.all(self) + WhyRoutes.all(self)
      + SegmentRoutes.all(self) + TemplateRoutes.all(self) + SchemaRoutes.all
    let delivery =
      MessageRoutes.all(self) + TaskRoutes.all(self) + SuppressionRoutes.all(self)
      + WebhookRoutes.all(self)
    let links = TrackingRoutes.all(self) + UnsubscribeRoutes.all(self)
    let ops =
      KeyRoutes.all(self) + TestClockRoutes.all(self) + HealthRoutes.all(self) + MetricsRoutes.all(self)
      + LogRoutes.all(self)
    let copies = AuditRoutes.all(self) + BackupRoutes.all(self) + HoldRoutes.all(self)
    return OpenAPIRoutes.describing(people + chains + delivery + links + ops + copies + RfmRoutes.all(self))
  }
}
