import Domain

/// RFC 5322 §3.3, always in UTC: `Mon, 02 Mar 2026 09:00:00 +0000`.
func mailDate(_ milliseconds: Int64) -> String {
  let seconds = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
  let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
  let time = seconds - days * 86_400
  let date = CivilDate(daysSince1970: days)
  let weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][date.weekday - 1]
  let month = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ][date.month - 1]
  let clock = [time / 3600, time / 60 % 60, time % 60].map(twoDigits).joined(separator: ":")
  return "\(weekday), \(twoDigits(Int64(date.day))) \(month) \(date.year) \(clock) +0000"
}

private func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
