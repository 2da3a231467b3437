import Foundation
import Glibc
import HTTP
import Ingest
import Threads

/// POSTs of one event a second that are read, checked and answered 202 with nothing stored behind: what HTTP itself costs.
/// `wrk` asks from the other core over 64 connections; beside it, in turns, nginx answers a bare 202.
struct DecodingBenchmark {
  let seconds: Double

  func run() throws {
    guard let wrk = Program.path(of: "wrk"), let taskset = Program.path(of: "taskset") else {
      return print("HTTP without a store: skipped, wrk and taskset are not here (apt install wrk util-linux)")
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "zveno-decoding-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let load = WrkLoad(program: [taskset, "-c", "1", wrk], seconds: max(2, seconds), folder: folder)

    let server = Self.server()
    let port = try server.start()
    defer { server.stop(within: 1) }
    try Program(taskset, ["-acp", "0", "\(getpid())"], quiet: true).wait()
    let nginx = try Program.path(of: "nginx").map { try BareNginx($0, under: [taskset, "-c", "0"], folder) }
    defer { nginx?.program.stop() }

    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<Figure.rounds {
      ours.append(try load.rate(port: Int(port)))
      if let nginx { theirs.append(try load.rate(port: nginx.port)) }
    }
    Figure(name: "HTTP: events read and answered 202, nothing stored", unit: "requests/s").show(ours)
    guard nginx != nil else { return print("  nginx beside it: skipped, it is not here (apt install nginx-light)") }
    Figure(name: "  nginx, a bare 202, one worker, in the same run", unit: "requests/s").show(theirs)
    print(String(format: "  %.2f of nginx", ours.sorted()[ours.count / 2] / theirs.sorted()[theirs.count / 2]))
  }

  private static func server() -> HTTPServer {
    let reader = EventReader()
    let answer = Array(#"{"accepted":1,"duplicates":0,"rejected":[]}"#.utf8)
    return HTTPServer(host: "127.0.0.1", port: 0) { request, responder in
      let items = try? reader.read(request.body, .json, now: BenchWorld.milliseconds())
      var isGood = false
      if case .event? = items?.first { isGood = true }
      responder(
        Response(
          status: isGood ? 202 : 400, headers: [("Content-Type", "application/json")], body: isGood ? answer : []))
    }
  }
}

/// POSTs of an event of about 250 bytes.
private struct WrkLoad {
  let program: [String]
  let seconds: Double
  let folder: URL

  struct Failed: Error { let output: String }

  func rate(port: Int) throws -> Double {
    let (script, output) = (folder.appending(path: "post.lua"), folder.appending(path: "wrk.txt"))
    let event = String(decoding: BenchWorld.body(contact: 1_029_384), as: UTF8.self)
    try """
    wrk.method = "POST"
    wrk.body = '\(event)'
    wrk.headers["Content-Type"] = "application/json"
    function done(summary) io.write(string.format("rate %f refused %d\\n",
      summary.requests / summary.duration * 1e6, summary.errors.status)) end
    """.write(to: script, atomically: true, encoding: .utf8)
    let words = ["-t1", "-c64", "-d\(Int(seconds))s", "-s", script.path, "http://127.0.0.1:\(port)/v1/events"]
    try Program(program[0], Array(program.dropFirst()) + words, output: output.path).wait()
    let text = try String(contentsOf: output, encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("rate ") }?.split(separator: " ")
    guard let line, line.count == 4, line[3] == "0", let rate = Double(line[1]) else { throw Failed(output: text) }
    return rate
  }
}

/// nginx with one worker that answers 202 to anything.
private struct BareNginx {
  let program: Program
  let port: Int

  init(_ path: String, under: [String], _ folder: URL) throws {
    port = Int(try Program.freePort())
    let file = folder.appending(path: "nginx.conf")
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder.path)/\($0);" }
    try """
    daemon off; master_process off; pid \(folder.path)/pid; error_log \(folder.path)/error.log;
    events { worker_connections 256; }
    http { access_log off; keepalive_requests 1000000000; \(paths.joined(separator: " "))
      server { listen 127.0.0.1:\(port); location / { return 202; } } }
    """.write(to: file, atomically: true, encoding: .utf8)
    let words = under + [path, "-c", file.path, "-p", folder.path, "-e", folder.path + "/error.log"]
    program = try Program(words[0], Array(words.dropFirst()), quiet: true)
    guard ClientSocket.isTaken(on: UInt16(port)) else { throw Program.Failed(program: path, code: 0) }
  }
}
