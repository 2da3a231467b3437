/// A request's body piece by piece, wherever it lies, as the client meant it: without its coding. For one thread.
public struct BodyReader {
  public struct Failure: Error, Sendable, CustomStringConvertible {
    /// 400 or 413.
    public let status: Int
    public let description: String
  }

  private static let pieceBytes = 64 * 1024

  private let request: Request
  private let inflater: Inflater?
  private var offset = 0
  private var waiting: ArraySlice<UInt8> = []

  /// - Parameter ratio: how many times its size a gzip body may grow.
  public init(_ request: Request, ratio: Int = HTTPLimits().inflateRatio) throws(Failure) {
    self.request = request
    // What lies in memory has been decoded.
    guard request.file != nil, Compression.isGzip(request.headers) else {
      inflater = nil
      return
    }
    do throws(Gzip.Refusal) { inflater = try Inflater(ratio: ratio) } catch { throw BodyReader.failure(error) }
  }

  /// At most 64 KiB and never nothing; nil at the end.
  public mutating func next() throws(Failure) -> [UInt8]? {
    guard let inflater else { return raw() }
    while true {
      if waiting.isEmpty, let piece = raw() { waiting = piece[...] }
      if waiting.isEmpty, inflater.isComplete { return nil }
      let step: (taken: Int, output: [UInt8])
      do throws(Gzip.Refusal) {
        step = try inflater.inflate(waiting, room: BodyReader.pieceBytes)
      } catch {
        throw BodyReader.failure(error)
      }
      waiting = waiting.dropFirst(step.taken)
      if !step.output.isEmpty { return step.output }
      if step.taken == 0, waiting.isEmpty, offset >= length { throw BodyReader.failure(.notGzip) }
    }
  }

  private var length: Int { request.file?.count ?? request.body.count }

  private mutating func raw() -> [UInt8]? {
    let end = min(length, offset + BodyReader.pieceBytes)
    guard offset < end else { return nil }
    defer { offset = end }
    guard let file = request.file else { return Array(request.body[offset..<end]) }
    return file.piece(at: offset, atMost: BodyReader.pieceBytes)
  }

  private static func failure(_ refusal: Gzip.Refusal) -> Failure {
    switch refusal {
    case .notGzip: Failure(status: 400, description: "expected a body that is whole and valid gzip")
    case .tooLarge: Failure(status: 413, description: "expected a body that grows less when it is inflated")
    }
  }
}
