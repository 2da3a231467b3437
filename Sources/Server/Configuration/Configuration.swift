import API
import Delivery
import Domain
import HTTP
import SQL

/// Everything an operator decides before a start. It comes from one JSON file and from the environment, which wins;
/// what neither says has the default written here.
struct Configuration {
  var listen = ListenAddress.standard
  /// What links in messages begin with, without a slash at the end; nil is the address listened on.
  var publicURL: String?
  var shop = ShopSettings()
  var durability = Durability.full
  /// An event older than this starts no chain and wakes no wait.
  var triggerMaxAge = Domain.triggerMaxAge
  /// How long what has happened is kept.
  var retention = RetentionPolicy()
  /// The folder for the journal of erasures and its key; nil: the data folder.
  var erasures: String?
  /// How many marketing messages a contact may get, all chains together.
  var caps: [FrequencyCap] = []
  /// No marketing for so long after an event of that type.
  var quietAfter: [String: Span] = [:]
  /// Query parameters added to links.
  var utm = UTM.none
  /// Parts of user agents whose opens and clicks are a machine's.
  var scanners: [String] = []
  var limits = LimitSettings()
  var log = LogSettings()
  var webhooks = WebhookSettings()
  /// Who says where a request comes from.
  var trustedProxies = TrustedProxies()
  /// Which pages may call from a browser; nil: none.
  var crossOrigin: CrossOrigin?
  /// What counts as a purchase, and when the boundaries of scores are taken.
  var rfm = RfmRule.standard
  var channels: [ChannelSettings] = []
}

struct ShopSettings {
  var name = "Shop"
  /// Whose clock counts where a contact's own is not known.
  var timeZone = Zone.utc
  var locale = "en"
  /// ISO 4217.
  var currency = "USD"
  var url: String?
}

/// How events go out to the shop's own systems.
struct WebhookSettings {
  /// Requests at once.
  var connections = 4
  /// Addresses of this machine and of private networks too.
  var allowsPrivate = false
}

struct LogSettings {
  enum Format: String, CaseIterable {
    case text, json
  }

  enum Level: String, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
  }

  var level = Level.info
  var format = Format.text
}
