package import Trace

/// What the statistics of a trace take from the summary beside it.
extension RunSummary {
    /// What machines cost.
    package var wallCosts: WallCosts {
        var participants: [String: WallCosts.Cost] = [:]
        for machine in machines {
            guard let wall = machine.wallNanoseconds else { continue }
            participants[machine.name] = .init(total: wall, alone: machine.aloneNanoseconds ?? 0)
        }
        return WallCosts(total: wallNanoseconds, participants: participants)
    }

    /// Most commands of a machine among those that slept most often.
    private static let sleeperLimit = 3

    /// By name of the machine, its commands whose programs went to sleep most often: `5184 by redis-server, 2 by sleep 1`.
    package var sleepers: [String: String] {
        var texts: [String: String] = [:]
        for machine in machines {
            let commands = machine.commands.filter { $0.sleeps ?? 0 > 0 }
                .sorted { ($0.sleeps ?? 0, $1.index) > ($1.sleeps ?? 0, $0.index) }
            guard !commands.isEmpty else { continue }
            texts[machine.name] = commands.prefix(Self.sleeperLimit)
                .map { "\($0.sleeps ?? 0) by \(Format.shortened($0.command, to: 40))" }
                .joined(separator: ", ")
        }
        return texts
    }
}
