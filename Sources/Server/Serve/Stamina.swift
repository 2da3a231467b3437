/// Every length of time and count that the wiring decides, and no operator.
enum Stamina {
  /// Requests in flight may take so long to finish at the end.
  static let requestSeconds = 10.0
  /// Messages in hand may take so long after that; what is not back by then is settled at the next start.
  static let handOverSeconds = 30.0
  /// Readers' threads, and what may wait for them.
  static let readers = 2
  static let readsWaiting = 1000
  /// Calls that run a chain's tests: how long each may take, and what may wait.
  static let chainTestSeconds = 20.0
  static let chainTestsWaiting = 8
  /// Rehearsals that wait for the one at hand, what its file may take, and the share of time it may work.
  static let rehearsalsWaiting = 4
  static let rehearsalBytes: Int64 = 8 << 30
  static let rehearsalShare = 0.6
}
