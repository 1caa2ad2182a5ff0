package import Guest
package import Network

/// A machine made of a model: async Swift on simulated time, interfaces, and an IPv4 stack between them.
///
/// Its host calls `receive` when a frame arrives and `turn` when a turn is due, and takes the frames and the text that it
/// produced. Everything runs in one thread, in an order that depends only on those calls.
package final class ModelMachine: @unchecked Sendable {
    /// Its name in the lab.
    package let name: String
    package let interfaces: [ModelInterface]
    /// The machine's time.
    package let clock: GuestClock
    /// Random numbers of its own: from the lab's seed and its name.
    package var random: SplitMix64
    /// Answers ARP and echo requests, and sends for its program.
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

    /// Queues a frame that arrived at an interface; the next turn handles it.
    package func receive(_ frame: [UInt8], on interface: Int) {
        inbox.append(ModelFrame(interface: interface, bytes: frame))
    }

    /// Runs everything that is due at `now`, ns since it started.
    ///
    /// - Returns: when its next event is due; nil when only a frame can cause one.
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

    /// Ends the machine at `now`, ns since it started: its program is cancelled and ends in this instant.
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

    /// The program's output since the last call.
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
