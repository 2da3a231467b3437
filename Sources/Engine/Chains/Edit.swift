import Domain

/// From one version of a chain to the one that takes over its runs.
struct Edit: Sendable {
  let old: ChainVersion
  let new: ChainVersion
  let matching: StepMatching
}
