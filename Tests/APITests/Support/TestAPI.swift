import API
import Domain
import Foundation
import HTTP
import Ingest
import JSON
import Logging
import Migrations
import SQL
import Synchronization

/// The API over a real file, writer and readers, without sockets. The clock stands still until a test sets it.
final class TestAPI: Sendable {
  static let adminKey = "admin-key-of-the-tests"

  let api: API
  let keys: Keys
  let writer: Writer
  let log: EventLog
  private let readers: Readers
  private let folder: URL
  private let clock: TestTime

  init(testClock: Stages.TestClock? = nil, unready: @escaping @Sendable () -> String? = { nil }) throws {
    folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("api-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("zveno.db").path
    let db = try Connection(path: path, mode: .writer, durability: .off)
    try Migrator(Migrations.all).migrate(db)
    let clock = TestTime()
    self.clock = clock
    log = try EventLog(db, now: clock.now)
    keys = Keys(adminKey: Self.adminKey)
    try keys.load(db)
    writer = Writer(connection: db, duties: [], now: { clock.now })
    readers = try Readers(path: path, count: 1, queueLimit: 100)
    let meter = RequestMeter()
    let intake = Intake(writer: writer, log: log, now: { clock.now })
    let stages = Stages(
      intake: intake, log: log, keys: keys, readers: readers,
      metrics: [.writer(writer), .intake(intake, log), .requests(meter)], unready: unready,
      random: { count in (0..<count).map { _ in UInt8.random(in: .min ... .max) } }, testClock: testClock)
    api = API(
      routes: stages.routes, keys: keys, writer: writer, readers: readers, meter: meter,
      log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), nanoseconds: { 0 })
    writer.start()
  }

  deinit {
    readers.stop()
    writer.stop()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Milliseconds since 1970.
  var now: Int64 {
    get { clock.now }
    set { clock.now = newValue }
  }

  /// Sends one request and waits for its answer.
  func call(
    _ method: String, _ target: String, _ body: String? = nil, type: String? = "application/json",
    key: String? = adminKey, headers: [(name: String, value: String)] = []
  ) -> Answer {
    var headers = headers
    if let key { headers.append(("Authorization", "Bearer " + key)) }
    if body != nil, let type { headers.append(("Content-Type", type)) }
    let (path, query) = Self.split(target)
    let request = Request(
      method: method, path: path, query: query, headers: Headers(headers), body: Array((body ?? "").utf8))
    let box = Mutex<Response?>(nil)
    let done = DispatchSemaphore(value: 0)
    api.answer(request) { response in
      box.withLock { $0 = response }
      done.signal()
    }
    _ = done.wait(timeout: .now() + 20)
    return Answer(response: box.withLock { $0 } ?? Response(status: 0))
  }

  private static func split(_ target: String) -> (path: String, query: [(name: String, value: String)]) {
    guard let components = URLComponents(string: target) else { return (target, []) }
    return (components.path, (components.queryItems ?? []).map { ($0.name, $0.value ?? "") })
  }
}

/// What came back, read for expectations.
struct Answer {
  let response: Response

  var status: Int { response.status }
  var text: String { String(decoding: response.body, as: UTF8.self) }
  var json: JSONValue { (try? JSONValue(parsing: response.body)) ?? .null }
  var items: [JSONValue] { json["items"]?.array ?? [] }
  /// The `pointer` of each of `errors`.
  var pointers: [String] { (json["errors"]?.array ?? []).compactMap { $0["pointer"]?.string } }

  func header(_ name: String) -> String? { response.header(name) }
}

final class TestTime: Sendable {
  private let milliseconds = Mutex<Int64>(1_772_452_800_000)

  var now: Int64 {
    get { milliseconds.withLock { $0 } }
    set { milliseconds.withLock { $0 = newValue } }
  }
}
