/// A source of interrupts that was added to a guest.
public struct GuestInterrupt: Hashable, Sendable {
    let number: Int
}

/// Descriptors that interrupt a guest while it waits, in the order in which they were added, and the depth of running
/// handlers.
final class InterruptTable {
    private struct Source {
        let interrupt: GuestInterrupt
        let descriptor: Int32
        let handler: GuestEvent.Handler
    }

    private var sources: [Source] = []
    private var added = 0
    /// For `GuestHost.wait`.
    private(set) var descriptors: [Int32] = []
    /// Running handlers, nested.
    private(set) var depth = 0

    var isEmpty: Bool { sources.isEmpty }

    func add(_ descriptor: Int32, _ handler: @escaping GuestEvent.Handler) -> GuestInterrupt {
        added += 1
        let interrupt = GuestInterrupt(number: added)
        sources.append(Source(interrupt: interrupt, descriptor: descriptor, handler: handler))
        descriptors = sources.map(\.descriptor)
        return interrupt
    }

    func remove(_ interrupt: GuestInterrupt) {
        sources.removeAll { $0.interrupt == interrupt }
        descriptors = sources.map(\.descriptor)
    }

    func removeAll() {
        sources = []
        descriptors = []
    }

    /// The source at `index` of `descriptors` can be read.
    func handle(_ index: Int) throws(GuestError) { try enter(sources[index].handler) }

    /// Runs a handler with interrupts off.
    func enter(_ handler: GuestEvent.Handler) throws(GuestError) {
        depth += 1
        defer { depth -= 1 }
        try handler()
    }
}
