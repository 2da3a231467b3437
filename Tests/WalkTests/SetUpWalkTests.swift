import Foundation
import Glibc
import JSON
import Testing

/// What `config` has for production, tried with the programs that it is for.
@Suite("Set-up for production", .onItsOwnThread) struct SetUpWalkTests {
  /// The shipped site in a real nginx on loopback, before a server that trusts it.
  private final class Site {
    static let name = "go.shop.example"

    let folder: TemporaryFolder
    let zveno: Zveno
    let tls: Int
    let plain: Int
    private let process = Process()

    init() throws {
      folder = try TemporaryFolder()
      zveno = try Zveno(
        ["--data", folder.path + "/data", "--log-level", "debug", "--log-format", "json"],
        environment: ["ZVENO_TRUSTED_PROXIES": #"["127.0.0.1"]"#, "ZVENO_PUBLIC_URL": "https://\(Self.name)"])
      (tls, plain) = (try Self.freePort(), try Self.freePort())
      try Command.run([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=\(Self.name)", "-addext", "subjectAltName=DNS:\(Self.name)", "-keyout", folder.path + "/key.pem",
        "-out", folder.path + "/certificate.pem",
      ])
      try folder.write(try shipped(), to: "site.conf")
      try folder.write(
        """
        daemon off; master_process off; pid \(folder.path)/pid; error_log \(folder.path)/error.log;
        events { worker_connections 64; }
        http {
          access_log \(folder.path)/access.log;
          client_body_temp_path \(folder.path)/body; proxy_temp_path \(folder.path)/proxy;
          fastcgi_temp_path \(folder.path)/f; uwsgi_temp_path \(folder.path)/u; scgi_temp_path \(folder.path)/s;
          include \(folder.path)/site.conf;
        }
        """, to: "nginx.conf")
      let arguments = ["-c", folder.path + "/nginx.conf", "-p", folder.path, "-e", folder.path + "/error.log"]
      try Command.run([Self.program, "-t"] + arguments)
      process.executableURL = URL(filePath: Self.program)
      process.arguments = arguments
      try process.run()
      try eventually("nginx listens") {
        (try? Call.connect(plain)).map { close($0) } != nil
      }
    }

    deinit {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }

    /// Debian keeps it where only root looks.
    private static let program = "/usr/sbin/nginx"

    /// Names, ports and paths are the reader's to fill in; all else is as it is shipped.
    private func shipped() throws -> String {
      let file = Shop.shippedConfiguration.appending(path: "nginx/zveno.conf")
      var text = try String(contentsOf: file, encoding: .utf8)
      for (theirs, ours) in [
        ("server 127.0.0.1:8080;", "server 127.0.0.1:\(zveno.port);"), ("listen 80;", "listen 127.0.0.1:\(plain);"),
        ("listen 443 ssl", "listen 127.0.0.1:\(tls) ssl"),
        ("/etc/letsencrypt/live/go.shop.example/fullchain.pem", folder.path + "/certificate.pem"),
        ("/etc/letsencrypt/live/go.shop.example/privkey.pem", folder.path + "/key.pem"),
      ] {
        #expect(text.contains(theirs), "\(theirs)")
        text = text.replacingOccurrences(of: theirs, with: ours)
      }
      return text
    }

    private static func freePort() throws -> Int {
      let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      defer { close(socket) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      return try withUnsafeMutablePointer(to: &address) {
        try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          try #require(bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0)
        }
        return Int(UInt16(bigEndian: $0.pointee.sin_port))
      }
    }

    /// As a browser and as a shop call: by name, over TLS, from another address than the proxy's.
    func curl(_ arguments: [String]) throws -> String {
      try Command.output(
        [
          "curl", "--silent", "--show-error", "--max-time", "60", "--interface", "127.0.0.5", "--cacert",
          folder.path + "/certificate.pem", "--resolve", "\(Self.name):\(tls):127.0.0.1", "--resolve",
          "\(Self.name):\(plain):127.0.0.1",
        ] + arguments)
    }

    func url(_ path: String) -> String { "https://\(Self.name):\(tls)\(path)" }
  }

  @Test("behind nginx: TLS, connections that are kept, and the client's own address, which no client can choose")
  func nginx() throws {
    let site = try Site()
    let post = [
      "-X", "POST", "-H", "Authorization: Bearer \(Zveno.adminKey)", "-H", "Content-Type: application/json",
      "-H", "X-Forwarded-For: 203.0.113.9", "-d", #"{"type":"view","contact":{"id":"ann"}}"#,
      "-w", " %{http_version} %{num_connects}\n",
    ]
    let answers = try site.curl(post + Array(repeating: site.url("/v1/events"), count: 20))
    let lines = answers.split(separator: "\n")
    #expect(lines.count == 20 && lines.allSatisfy { $0.hasPrefix(#"{"accepted":1"#) }, "\(answers)")
    #expect(lines.first?.hasSuffix(" 2 1") == true && lines.dropFirst().allSatisfy { $0.hasSuffix(" 2 0") })

    let address = #""client":"127.0.0.5""#
    try eventually("the log says where the calls came from") {
      site.zveno.written.components(separatedBy: address).count > 20
    }
    #expect(!site.zveno.written.contains("203.0.113.9"))

    let metrics = try site.curl(["-H", "Authorization: Bearer \(Zveno.adminKey)", site.url("/metrics")])
    let accepted = metrics.split(separator: "\n").first { $0.hasPrefix("zveno_http_connections_total ") }
    let count = try #require(accepted?.split(separator: " ").last.flatMap { Int($0) })
    #expect(count < 10, "nginx keeps its connections: \(count) for 21 calls")

    let moved = try site.curl([
      "-w", "%{http_code} %{redirect_url}", "-o", "/dev/null", "http://\(Site.name):\(site.plain)/u/x",
    ])
    #expect(moved == "301 https://\(Site.name)/u/x")
    #expect(try site.curl(["-w", "%{http_code}", "-o", "/dev/null", site.url("/healthz")]) == "200")
    #expect(try site.curl(["-w", "%{http_code}", "-o", "/dev/null", site.url("/v1/chains")]) == "401")
    let large = site.folder.path + "/large"
    try Data(repeating: UInt8(ascii: " "), count: 9 << 20).write(to: URL(filePath: large))
    let refused = try site.curl([
      "-w", "%{http_code}", "-H", "Authorization: Bearer \(Zveno.adminKey)", "-H", "Content-Type: application/json",
      "--data-binary", "@" + large, site.url("/v1/events"),
    ])
    #expect(refused.hasSuffix("413") && refused.contains("problem"), "the server's own words pass: \(refused)")
    #expect(site.zveno.stop() == 0)
  }

  @Test("systemd finds nothing to say about the unit, but for the program that is not installed here")
  func systemd() throws {
    let unit = Shop.shippedConfiguration.appending(path: "systemd/zveno.service")
    let folder = try TemporaryFolder()
    let text = try String(contentsOf: unit, encoding: .utf8)
    #expect(text.contains("ExecStart=/usr/local/bin/zveno serve"))
    try folder.write(
      text.replacingOccurrences(of: "/usr/local/bin/zveno", with: Zveno.binary.path), to: "zveno.service")
    let found = try Command.output(["systemd-analyze", "verify", folder.path + "/zveno.service"])
    #expect(found == "", "\(found)")
  }
}
