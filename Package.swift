// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every target: warnings are errors, imports say who may see them.
let rules: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")

/// The targets stand in the order of the walk an event takes; imports run one way, upwards in this list.
let package = Package(
  name: "zveno",
  products: [.executable(name: "zveno", targets: ["Server"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // The system's libraries.
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CEpoll"),
    .systemLibrary(name: "CStatx"),

    // What is served as it lies.
    .target(
      name: "Schemas",
      resources: [
        .embedInCode("chain.json"), .embedInCode("segment.json"), .embedInCode("tests.json"),
        .embedInCode("template.json"),
      ],
      swiftSettings: rules),

    // What knows no marketing word.
    .target(name: "JSON", swiftSettings: rules),
    .target(name: "Threads", swiftSettings: rules),
    .target(name: "SQL", dependencies: ["CSQLite", "CStatx", "Threads"], swiftSettings: rules),
    .target(name: "HTTP", dependencies: ["CEpoll", "CZlib", "Threads"], swiftSettings: rules),

    // The words of the field and the pure rules.
    .target(name: "Domain", dependencies: ["JSON"], swiftSettings: rules),

    // The walk.
    .target(
      name: "Migrations", dependencies: ["SQL"], path: "Migrations",
      resources: [
        .embedInCode("0001_initial.sql"), .embedInCode("0002_resumes.sql"), .embedInCode("0003_id_window.sql"),
        .embedInCode("0004_fresh_timeline.sql"), .embedInCode("0005_retention.sql"),
        .embedInCode("0006_language.sql"), .embedInCode("0007_traces.sql"),
        .embedInCode("0008_version_moves.sql"), .embedInCode("0009_webhooks.sql"),
        .embedInCode("0010_calendar.sql"), .embedInCode("0011_held_by.sql"), .embedInCode("0012_rfm.sql"),
        .embedInCode("0013_segments.sql"), .embedInCode("0014_erasure.sql"),
        .embedInCode("0015_proofs.sql"),
        .embedInCode("0016_merges.sql"), .embedInCode("0017_attribute_types.sql"),
        .embedInCode("0018_key_limits.sql"), .embedInCode("0019_idempotent_calls.sql"),
        .embedInCode("0020_pending.sql"),
      ],
      swiftSettings: rules),
    .target(name: "Ingest", dependencies: ["Domain", "JSON", "SQL", crypto], swiftSettings: rules),
    .target(name: "Engine", dependencies: ["Domain", "Ingest", "JSON", "SQL"], swiftSettings: rules),
    .target(name: "Channels", dependencies: ["CCurl", "Domain", "JSON"], swiftSettings: rules),
    .target(
      name: "Delivery",
      dependencies: ["Domain", "Engine", "Ingest", "JSON", "SQL", "Threads", crypto, mustache],
      swiftSettings: rules),
    .target(
      name: "Retention", dependencies: ["Delivery", "Domain", "Engine", "Ingest", "SQL"], swiftSettings: rules),
    .target(
      name: "Erasure", dependencies: ["Delivery", "Domain", "Engine", "Ingest", "JSON", "SQL"], swiftSettings: rules),
    .target(
      name: "Rehearsal", dependencies: ["Delivery", "Domain", "Engine", "Ingest", "JSON", "Migrations", "SQL"],
      swiftSettings: rules),
    .target(
      name: "API",
      dependencies: [
        "Delivery", "Domain", "Engine", "Erasure", "HTTP", "Ingest", "JSON", "Rehearsal", "SQL", "Schemas", crypto,
        logging,
      ],
      // What is written of the routes, beside them.
      resources: [
        .embedInCode("OpenAPI/common.openapi.json"),
        .embedInCode("Routes/Analytics/analytics.openapi.json"),
        .embedInCode("Routes/Chains/chains.openapi.json"), .embedInCode("Routes/Chains/trying.openapi.json"),
        .embedInCode("Routes/Delivery/messages.openapi.json"), .embedInCode("Routes/Delivery/webhooks.openapi.json"),
        .embedInCode("Routes/Ops/ops.openapi.json"), .embedInCode("Routes/People/contacts.openapi.json"),
        .embedInCode("Routes/People/events.openapi.json"), .embedInCode("Routes/People/relations.openapi.json"),
        .embedInCode("Routes/Public/links.openapi.json"), .embedInCode("Routes/Schemas/schemas.openapi.json"),
        .embedInCode("Routes/Segments/segments.openapi.json"),
        .embedInCode("Routes/Templates/templates.openapi.json"),
      ],
      swiftSettings: rules),
    .executableTarget(
      name: "Server",
      dependencies: [
        "API", "CCurl", "Channels", "Delivery", "Domain", "Engine", "Erasure", "HTTP", "Ingest", "JSON", "Migrations",
        "Rehearsal", "Retention", "SQL", "Threads", crypto, logging,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: rules),

    // Tests mirror the sources.
    // Random numbers from a seed, for tests that must fail the same way again.
    .target(name: "Seeds", path: "Tests/Seeds", swiftSettings: rules),
    .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: rules),
    .testTarget(name: "SQLTests", dependencies: ["SQL", "Threads"], swiftSettings: rules),
    .testTarget(name: "MigrationsTests", dependencies: ["Migrations", "SQL"], swiftSettings: rules),
    .testTarget(name: "HTTPTests", dependencies: ["CEpoll", "HTTP", "JSON", "Threads"], swiftSettings: rules),
    .testTarget(name: "DomainTests", dependencies: ["Domain", "JSON", "Seeds"], swiftSettings: rules),
    .testTarget(name: "SchemasTests", dependencies: ["JSON", "Schemas"], swiftSettings: rules),
    .testTarget(
      name: "IngestTests", dependencies: ["Domain", "Ingest", "JSON", "Migrations", "Seeds", "SQL"],
      swiftSettings: rules),
    .testTarget(
      name: "EngineTests", dependencies: ["Domain", "Engine", "Ingest", "JSON", "Migrations", "Seeds", "SQL"],
      swiftSettings: rules),
    .testTarget(name: "ChannelsTests", dependencies: ["Channels", "Domain", "JSON", "Seeds"], swiftSettings: rules),
    .testTarget(
      name: "DeliveryTests",
      dependencies: ["Delivery", "Domain", "Engine", "Ingest", "JSON", "Migrations", "Seeds", "SQL", "Threads"],
      swiftSettings: rules),
    .testTarget(
      name: "RetentionTests",
      dependencies: ["Delivery", "Domain", "Engine", "Ingest", "JSON", "Migrations", "Retention", "SQL"],
      swiftSettings: rules),
    .testTarget(
      name: "ErasureTests",
      dependencies: ["Delivery", "Domain", "Engine", "Erasure", "Ingest", "JSON", "Migrations", "SQL"],
      swiftSettings: rules),
    .testTarget(
      name: "RehearsalTests",
      dependencies: ["Delivery", "Domain", "Engine", "Ingest", "JSON", "Rehearsal", "SQL", "Simulation"],
      swiftSettings: rules),
    .testTarget(
      name: "APITests",
      dependencies: [
        "API", "Delivery", "Domain", "Engine", "Erasure", "HTTP", "Ingest", "JSON", "Migrations", "Rehearsal", "SQL",
        "Seeds", "Threads", logging,
      ],
      swiftSettings: rules),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "API", "Delivery", "Domain", "Engine", "HTTP", "JSON", "Migrations", "Rehearsal", "SQL", "Server",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: rules),
    .testTarget(name: "WalkTests", dependencies: ["JSON", "Seeds", "Server", "SQL"], swiftSettings: rules),
    // Worlds by the thousand, and what a test needs to live through one.
    .executableTarget(
      name: "Simulation",
      dependencies: [
        "CSQLite", "CZlib", "Delivery", "Domain", "Engine", "Erasure", "Ingest", "JSON", "Migrations", "Retention",
        "Seeds", "SQL", "Threads",
      ],
      path: "Tests/Simulation", swiftSettings: rules),
    .testTarget(name: "SimulationTests", dependencies: ["Domain", "SQL", "Simulation"], swiftSettings: rules),
    // Bytes of strangers into every parser; `make fuzz` builds it with libFuzzer.
    .executableTarget(
      name: "Fuzz", dependencies: ["Channels", "Domain", "HTTP", "JSON"], path: "Tests/Fuzz", swiftSettings: rules),
    .testTarget(name: "FuzzTests", dependencies: ["Fuzz", "Seeds"], swiftSettings: rules),
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "Channels", "Delivery", "Domain", "Engine", "HTTP", "Ingest", "JSON", "Migrations", "SQL", "Threads",
      ],
      path: "Tests/Benchmarks", swiftSettings: rules),
  ],
  swiftLanguageModes: [.v6]
)
