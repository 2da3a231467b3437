/// Why a request is refused before any handler sees it.
package struct RequestFailure: Error, Equatable {
  package let status: Int
  package let detail: String

  init(_ status: Int, _ detail: String) {
    self.status = status
    self.detail = detail
  }
}
