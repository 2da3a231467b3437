import Delivery
import HTTP

/// `/t/o/{token}.gif` and `/t/c/{token}`: what mail programs and readers call. The answer is the same for everybody and
/// whatever the store says: what was seen is an event, and a HEAD, a prefetch or a scanner is not a person.
enum TrackingRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let (tracker, detector) = (stages.tracker, stages.machines)
    let recorder = LinkRecorder(log: stages.log, writer: stages.writer, now: stages.now)
    return [
      Route(
        "GET", "/t/o/{token}.gif", .open,
        .custom { call, reply in
          let pixel = Response(status: 200, headers: Pixel.headers, body: Pixel.gif)
          guard !call.isHead, let token = tracker.signer.verify(call["token"]), token.kind == .open else {
            return reply(pixel)
          }
          let isMachine = call.isMachine(detector)
          recorder.record(.open(isMachine: isMachine, isMachine ? nil : call.device), token) { reply(pixel) }
        }),
      Route(
        "GET", "/t/c/{token}", .open,
        .custom { call, reply in
          guard let token = tracker.signer.verify(call["token"]), case .click(let target) = token.kind else {
            throw Problem.notFound()
          }
          let redirect = Response(
            status: 302,
            headers: [("Location", target), ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer")])
          // What machines follow is no click, nor anything else.
          guard !call.isHead, !call.isMachine(detector) else { return reply(redirect) }
          recorder.record(.click(target: target, call.device), token) { reply(redirect) }
        }),
    ]
  }
}

extension Call {
  func isMachine(_ detector: MachineDetector) -> Bool {
    detector.isMachine(method: request.method) { request.headers[$0] }
  }

  var device: Device? { request.headers["User-Agent"].flatMap { Device(userAgent: $0) } }
}
