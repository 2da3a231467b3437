/// What a shop calls things that only chains name: lists, slots, relations, webhooks, variants.
public enum ShopName {
  public static let hint = "1 to 64 letters, digits, `_`, `.` and `-`"

  public static func isGood(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(EventType.isNameByte)
  }
}
