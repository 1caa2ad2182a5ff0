package import Guest
package import Network

/// A machine made of a model: async Swift on simulated time, interfaces, and an IPv4 stack between them.
///
/// Whoever hosts it calls `receive` when a frame arrives and `turn` when its time has come; it collects what it sends and
/// says. Everything happens in one thread, in an order that only depends on those calls.
package final class ModelMachine: @unchecked Sendable {
    /// What the lab calls it.
    package let name: String
    package let interfaces: [ModelInterface]
    /// The machine's time.
    package let clock: GuestClock
    /// Random numbers of its own: from the lab's seed and its name.
    package var random: SplitMix64
    /// What answers for it, and what its program sends by.
    package private(set) lazy var stack = IPv4Stack(self)

    private let timeline = ModelTimeline()
    private let executor = GuestExecutor()
    private var inbox: [ModelFrame] = []
    private var outbox: [ModelFrame] = []
    private var text = ""
    private var program: Task<Void, Never>?
    /// Its program runs, or has ended.
    package private(set) var hasBegun = false
    /// What its program ended with; nil while it runs.
    package private(set) var status: Int?

    /// A machine whose program begins at `begin`, ns.
    package init(
        name: String, model: any Model, interfaces: [ModelInterface], seed: UInt64, begin: UInt64
    ) {
        self.name = name
        self.interfaces = interfaces
        random = SplitMix64(seed: seed, name: name)
        clock = GuestClock(timeline, executor: executor)
        program = Task(executorPreference: executor) { [self] in
            do {
                try await clock.sleep(until: GuestClock.Instant(nanoseconds: Int64(begin)))
                hasBegun = true
                status = try await model.run(on: self)
            } catch is CancellationError {
                status = 0
            } catch {
                say("\(error)")
                status = 1
            }
        }
    }

    // MARK: For the host

    /// A frame has arrived at an interface; the next turn looks at it.
    package func receive(_ frame: [UInt8], on interface: Int) {
        inbox.append(ModelFrame(interface: interface, bytes: frame))
    }

    /// It is `now`, ns since it started: does everything there is to do.
    ///
    /// - Returns: when it has something to do next; nil if nothing but a frame can make it.
    package func turn(at now: UInt64) -> UInt64? {
        timeline.move(to: now)
        let frames = inbox
        inbox.removeAll(keepingCapacity: true)
        for frame in frames { stack.receive(frame) }
        repeat { executor.runAll() } while deliverDue()
        return timeline.next
    }

    private func deliverDue() -> Bool {
        do throws(GuestError) {
            return try timeline.deliverDue()
        } catch {
            // Handlers of a model's events resume tasks, nothing else.
            preconditionFailure("an event of model \(name) failed: \(error)")
        }
    }

    /// It is `now`, ns since it started, and the lab is over: its program is cancelled and comes to its end, in this very
    /// moment.
    package func stop(at now: UInt64) {
        timeline.move(to: now)
        program?.cancel()
        executor.runAll()
        status = status ?? 0
    }

    /// Frames sent since the last call.
    package func takeOutbox() -> [ModelFrame] {
        guard !outbox.isEmpty else { return [] }
        defer { outbox.removeAll(keepingCapacity: true) }
        return outbox
    }

    /// What the program said since the last call.
    package func takeText() -> String {
        defer { text = "" }
        return text
    }

    // MARK: For the program

    /// Writes a line of output.
    package func say(_ line: String) { text += line + "\n" }

    /// Sends a frame now.
    package func send(_ frame: [UInt8], by interface: Int) {
        outbox.append(ModelFrame(interface: interface, bytes: frame))
    }

    /// Waits until the lab ends.
    package func untilTheEnd() async {
        // Only cancelling ends it.
        try? await clock.sleep(until: GuestClock.Instant(nanoseconds: .max))
    }
}
