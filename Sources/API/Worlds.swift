public import Rehearsal

/// What the routes need for chains that are lived through beside the server's work.
public struct Worlds: Sendable {
  public typealias Job = @Sendable (_ isOver: @escaping @Sendable () -> Bool) -> Void

  /// What they take over from the configuration.
  public var setting: WorldSetting
  /// Lets a job live its worlds on a thread of its own; the job asks again and again whether its time is over. False
  /// when too many wait.
  public var beside: @Sendable (@escaping Job) -> Bool
  public var rehearsals: Rehearsals

  public init(
    setting: WorldSetting, beside: @escaping @Sendable (@escaping Job) -> Bool, rehearsals: Rehearsals
  ) {
    (self.setting, self.beside, self.rehearsals) = (setting, beside, rehearsals)
  }
}
