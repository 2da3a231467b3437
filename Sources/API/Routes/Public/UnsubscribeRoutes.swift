import Delivery
import Domain
import Erasure
import HTTP
import SQL

/// `/u/{token}`: a GET asks and changes nothing; a POST unsubscribes, from the page's button or by one click of a mail
/// program (RFC 8058), without a cookie, a key or a redirect.
enum UnsubscribeRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let (tracker, shop, log, writer) = (stages.tracker, stages.shop, stages.log, stages.writer)
    let tombstones = stages.erasures.tombstones
    return [
      Route(
        "GET", "/u/{token}", .open,
        .immediate { call in
          let page = page(call, shop)
          guard case .unsubscribe = tracker.signer.verify(call["token"])?.kind else {
            return html(page.unknown(), status: 404)
          }
          return html(page.ask())
        }),
      Route(
        "POST", "/u/{token}", .open,
        .custom { call, reply in
          let page = page(call, shop)
          guard let token = tracker.signer.verify(call["token"]), case .unsubscribe(let channel) = token.kind else {
            return reply(html(page.unknown(), status: 404))
          }
          let unsubscribe = Unsubscribe(token: token, channel: channel, log: log, tombstones: tombstones)
          writer.submit { db, now in
            try unsubscribe.apply(now: Timestamp(milliseconds: now), db)
          } then: { outcome in
            switch outcome {
            case .success: reply(html(page.done()))
            case .failure(let error):
              let status = Problem(error).status
              reply(html(status == 404 ? page.unknown() : page.unavailable(), status: status == 404 ? 404 : 503))
            }
          }
        }),
    ]
  }

  private static func page(_ call: Call, _ shop: ShopFace) -> UnsubscribePage {
    let language = UnsubscribePage.Language(
      acceptLanguage: call.request.headers["Accept-Language"], locale: shop.locale)
    return UnsubscribePage(language: language, shop: shop.name)
  }

  private static func html(_ page: String, status: Int = 200) -> Response {
    let retry = status == 503 ? [(name: "Retry-After", value: "60")] : []
    return Response(status: status, headers: UnsubscribePage.headers + retry, body: Array(page.utf8))
  }
}
