#if FUZZING
  import Glibc

  /// The driver of the toolchain's libFuzzer, linked by `make fuzz`.
  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ argc: UnsafeMutablePointer<Int32>,
    _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
  ) -> Int32

  /// libFuzzer's function has no place for a value of ours.
  private let door = Door.named(CommandLine.arguments.dropFirst().first ?? "")

  /// `Fuzz DOOR [libFuzzer's words]`: a trap where something does not hold makes libFuzzer keep the input.
  func fuzz() -> Int32 {
    guard door != nil else { return usage() }
    var words = CommandLine.arguments.enumerated().filter { $0.offset != 1 }.map { unsafe strdup($0.element) } + [nil]
    var count = Int32(words.count - 1)
    return unsafe words.withUnsafeMutableBufferPointer { words in
      guard var first = words.baseAddress else { return 1 }
      return unsafe runDriver(&count, &first) { bytes, length in
        do {
          try door?.enter(Array(UnsafeBufferPointer(start: bytes, count: length)))
        } catch {
          fatalError("\(error)")
        }
        return 0
      }
    }
  }
#endif
