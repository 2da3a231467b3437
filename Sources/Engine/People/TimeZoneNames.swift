import Foundation

enum TimeZoneNames {
  /// For hints; a name not in it may be a good one all the same.
  static var known: [String] { TimeZone.knownTimeZoneIdentifiers }
}
