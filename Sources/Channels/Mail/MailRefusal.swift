/// Why a letter cannot be sent as it is; trying again would end the same.
package struct MailRefusal: Error, Equatable {
  package let reason: String
}
