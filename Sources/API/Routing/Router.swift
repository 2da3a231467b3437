/// Finds the route of a request: a tree of segments, and a table for the paths without places, so that the calls that
/// come by the thousand cost one look-up.
struct Router: Sendable {
  enum Match: Sendable {
    case found(Route, [String: String])
    /// The path is there, the method is not.
    case otherMethods([String])
    /// The path is there, but what it calls a thing by cannot be: the text.
    case badIdentifier(String, Route)
    case unknown
  }

  private struct Node: Sendable {
    var literals: [Substring: Int] = [:]
    /// Places by their suffix; a longer suffix is tried first.
    var places: [(suffix: String, node: Int)] = []
    /// By method.
    var routes: [String: Route] = [:]
  }

  private var nodes = [Node()]
  private var plain: [String: Int] = [:]

  init(_ routes: [Route]) {
    for route in routes { add(route) }
  }

  func match(method: String, path: String) -> Match {
    if let node = plain[path] { return match(method, nodes[node], values: []) }
    guard path.utf8.first == UInt8(ascii: "/") else { return .unknown }
    let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard let (node, values) = find(segments[...], from: 0) else { return .unknown }
    return match(method, nodes[node], values: values)
  }

  /// HEAD is answered as GET; the HTTP layer leaves the body away.
  private func match(_ method: String, _ node: Node, values: [String]) -> Match {
    guard let route = node.routes[method] ?? (method == "HEAD" ? node.routes["GET"] : nil) else {
      let methods = node.routes.keys.flatMap { $0 == "GET" ? ["GET", "HEAD"] : [$0] }
      return methods.isEmpty ? .unknown : .otherMethods(Set(methods).sorted())
    }
    if values.isEmpty { return .found(route, [:]) }
    var parameters: [String: String] = [:]
    for (name, value) in zip(route.pattern.placeNames, values) {
      let maxBytes = name == "token" ? Identifier.maxTokenBytes : Identifier.maxBytes
      guard Identifier.isGood(value, maxBytes: maxBytes) else {
        // A public link that is wrong is just no link.
        if case .open = route.access { return .unknown }
        return .badIdentifier(value, route)
      }
      parameters[name] = value
    }
    return .found(route, parameters)
  }

  private func find(_ segments: ArraySlice<Substring>, from node: Int) -> (node: Int, values: [String])? {
    guard let segment = segments.first else { return nodes[node].routes.isEmpty ? nil : (node, []) }
    let rest = segments.dropFirst()
    if let next = nodes[node].literals[segment], let found = find(rest, from: next) { return found }
    for place in nodes[node].places where segment.hasSuffix(place.suffix) {
      let value = String(segment.dropLast(place.suffix.count))
      if !value.isEmpty, let found = find(rest, from: place.node) { return (found.node, [value] + found.values) }
    }
    return nil
  }

  private mutating func add(_ route: Route) {
    var node = 0
    for segment in route.pattern.segments {
      switch segment {
      case .literal(let text): node = child(of: node, literal: text)
      case .place(_, let suffix): node = child(of: node, suffix: suffix)
      }
    }
    nodes[node].routes[route.method] = route
    if route.pattern.placeNames.isEmpty { plain[route.pattern.text] = node }
  }

  private mutating func child(of node: Int, literal: String) -> Int {
    if let known = nodes[node].literals[Substring(literal)] { return known }
    nodes.append(Node())
    nodes[node].literals[Substring(literal)] = nodes.count - 1
    return nodes.count - 1
  }

  private mutating func child(of node: Int, suffix: String) -> Int {
    if let known = nodes[node].places.first(where: { $0.suffix == suffix }) { return known.node }
    nodes.append(Node())
    nodes[node].places.append((suffix, nodes.count - 1))
    nodes[node].places.sort { $0.suffix.utf8.count > $1.suffix.utf8.count }
    return nodes.count - 1
  }
}

extension RoutePattern {
  var placeNames: [String] {
    segments.compactMap { segment in
      switch segment {
      case .literal: nil
      case .place(let name, _): name
      }
    }
  }
}
