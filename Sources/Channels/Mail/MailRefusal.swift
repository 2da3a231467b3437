/// Why a letter cannot be sent as it is; trying again would end the same.
struct MailRefusal: Error, Equatable {
  let reason: String
}
