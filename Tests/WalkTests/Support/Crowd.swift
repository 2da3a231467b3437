import Glibc

/// Connections that are just there, closed with this object.
final class Crowd {
  private(set) var sockets: [Int32] = []
  private let port: Int

  init(port: Int) { self.port = port }

  deinit { leave() }

  /// As many more; each says the same, and waits for the first bytes of an answer where it should.
  /// - Parameter receiving: bytes that the kernel takes for each before it is asked for them; nil: as it likes.
  func grow(_ count: Int, saying text: String = "", hears: Bool = false, receiving: Int32? = nil) throws {
    for _ in 0..<count {
      let socket = try Call.connect(port, receiving: receiving)
      sockets.append(socket)
      say(text, socket)
      if hears { _ = hear(socket) }
    }
  }

  func say(_ text: String, _ socket: Int32) {
    _ = Array(text.utf8).withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

  /// What has come, in one piece.
  func hear(_ socket: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &buffer, buffer.count, 0)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }

  func leave() {
    for socket in sockets { close(socket) }
    sockets = []
  }
}
