/// A promise that did not hold.
struct Violation: Error, CustomStringConvertible {
  /// Which invariant.
  let invariant: String
  let detail: String

  init(_ invariant: String, _ detail: String) { (self.invariant, self.detail) = (invariant, detail) }

  var description: String { "\(invariant): \(detail)" }
}
