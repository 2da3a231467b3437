/// The fields that every contact has; attributes stand beside them under other names.
public enum ContactFields {
  public static let builtIn = [
    "id", "email", "phone", "anonymous_id", "addresses", "time_zone", "locale", "attributes", "consents",
    "first_seen_at", "updated_at",
  ]
}
