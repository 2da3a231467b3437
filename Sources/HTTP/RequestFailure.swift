/// Why a request is refused before any handler sees it.
struct RequestFailure: Error, Equatable {
  let status: Int
  let detail: String

  init(_ status: Int, _ detail: String) {
    self.status = status
    self.detail = detail
  }
}
