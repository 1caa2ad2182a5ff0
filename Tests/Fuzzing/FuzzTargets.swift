/// All targets, in the order in which they run.
package enum FuzzTargets {
    package static let all: [FuzzTarget] = [
        FuzzTarget("session", batch: 64) { try SessionWorld() },
        FuzzTarget("scheduling-memory", batch: 64) { try SchedulingMemoryWorld() },
        FuzzTarget("common-memory", batch: 64) { try SchedulingMemoryWorld(isCommon: true) },
        FuzzTarget("vhost-user", batch: 64) { try VhostUserWorld() },
        FuzzTarget("network-queue", batch: 64) { try QueueWorld(.network) },
        FuzzTarget("console-queue", batch: 64) { try QueueWorld(.console) },
        FuzzTarget("entropy-queue", batch: 64) { try QueueWorld(.entropy) },
        FuzzTarget("disk-queue", batch: 64) { try QueueWorld(.disk) },
        FuzzTarget("control", batch: 64) { ControlWorld() },
        FuzzTarget("lab-file", batch: 64) { try LabFileWorld() },
        FuzzTarget("monster-file", most: MonsterFileWorld.count) { MonsterFileWorld() },
        FuzzTarget("gml", batch: 64) { try GMLWorld() },
        FuzzTarget("trace", batch: 64) { try TraceWorld() },
    ]

    /// Their names, for messages.
    static var names: String { all.map(\.name).joined(separator: ", ") }

    /// A target by its name, those of the harness's own tests too.
    package static func named(_ name: String) -> FuzzTarget? {
        (all + SelfTestWorld.targets).first { $0.name == name }
    }
}
