import TimeTravelProtocol

/// What a guest and the calendar said to each other, and the part of it that a program in the guest is answerable for.
struct Conversation: Sendable {
    /// The guest's turn: the last time it asked for, and the time at which it was let run. Requests that a later one
    /// replaced are the kernel thinking aloud: it programs its timer for the tick, then for the sleeper, and so on.
    struct Turn: Hashable, Sendable, CustomStringConvertible {
        let request: UInt64
        let run: UInt64
        /// When it first asked for that time: when it armed its timer.
        let askedAt: UInt64

        var description: String { request == run ? "\(run)" : "\(run) (asked for \(request))" }
    }

    /// The kernel's tick, ns (HZ=100). All its own work is on this grid: ticks, wheel timers, delayed work.
    static let tick: UInt64 = 10_000_000
    /// How late on the grid the kernel's own work may be, ns: up to 256 for the clock's grain, 501 for each early
    /// interrupt, and what tasks woken on the grid ask for again.
    static let tickWidth: UInt64 = 2048

    let turns: [Turn]
    /// Every time the guest asked for, and when it did so first.
    let askedAt: [UInt64: UInt64]

    init(_ entries: [MessageRelay.Entry]) {
        var turns: [Turn] = []
        var now: UInt64 = 0
        var request: UInt64 = 0
        var askedAt: [UInt64: UInt64] = [:]
        for entry in entries {
            switch (entry.from, entry.message.operation) {
            case (.guest, .request):
                request = entry.message.time
                if askedAt[request] == nil { askedAt[request] = now }
            case (.calendar, .run):
                now = entry.message.time
                turns.append(Turn(request: request, run: now, askedAt: askedAt[request] ?? now))
            default: break
            }
        }
        self.turns = turns
        self.askedAt = askedAt
    }

    /// It is the kernel's own.
    static func isHousekeeping(_ run: UInt64) -> Bool { run % tick < tickWidth }

    /// **The filter rule.** A program's turns are those off the tick's grid, from the instant its first step waits for
    /// to the first turn at which the clock shows the end. What is before is boot; what comes after is powering off.
    func program(from start: UInt64, to end: UInt64) -> [Turn] {
        let own = turns.drop { $0.run < start }.filter { !Self.isHousekeeping($0.run) }
        guard let last = own.firstIndex(where: { KernelClock.reading(at: $0.run) >= end }) else { return own }
        return Array(own[...last])
    }

    /// The kernel's own turns at which it armed its timer, for the last time, for one of these turns: the tick had come
    /// in between. That is all of its own work that a program's turns depend on, and by less than the clock's grain.
    static func rearmings(for turns: [Turn]) -> [UInt64] {
        turns.map(\.askedAt).filter(isHousekeeping)
    }
}
