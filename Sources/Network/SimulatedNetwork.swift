package import Calendar

/// A network with links, queues and faults, in simulated time. Pure: frames in with an instant, frames out with an instant.
///
/// A frame goes from the sender's link out through the middle (a switch, a hub or a cable) and the path between two ports to
/// the receiver's link in. Where a link changes nothing and takes no time, nothing happens inside: a network of such
/// links alone delivers a frame in the moment it is sent.
///
/// What does happen inside are events of three kinds, each of which only makes events of the next: a frame has left a
/// transmitter (`departures`), has come out of a link at the middle (`crossings`), has come to a link in or has left its
/// transmitter (`arrivals`). So each kind goes on by itself, in its own total order (time, port, sequence), as far as it
/// is known that nothing can come before; how far that is at once cannot be seen in what comes out for any port.
package struct SimulatedNetwork: Sendable {
    /// What does not change.
    package struct Settings: Sendable {
        package var kind: NetworkKind
        /// Between all ports that have no path, ns.
        package var latency: UInt64
        /// Least latency that any port's link out ever has, faults included, ns.
        package var leastOut: UInt64
        /// The same for links in.
        package var leastIn: UInt64
        /// The same for `latency` and all paths.
        package var leastPath: UInt64
        /// The lab's.
        package var seed: UInt64
        package var name: String

        package init(
            kind: NetworkKind = .switch, latency: UInt64, leastOut: UInt64 = 0, leastIn: UInt64 = 0,
            leastPath: UInt64? = nil, seed: UInt64 = 0, name: String = ""
        ) {
            self.kind = kind
            self.latency = latency
            self.leastOut = leastOut
            self.leastIn = leastIn
            self.leastPath = leastPath ?? latency
            self.seed = seed
            self.name = name
        }
    }

    /// An interface and its two links.
    struct Port: Sendable {
        var out: Link
        var `in`: Link
        /// Bytes of the longest frame it takes.
        let longestFrame: Int
        /// The ends of what its transmitters are at.
        var outFinish: EventQueue.Handle?
        var inFinish: EventQueue.Handle?
        let name: String
    }

    /// Between two ports.
    struct Path: Sendable {
        var profile: PathProfile
        var random: SplitMix64
    }

    /// How far each stage has got: every event before these instants has happened.
    struct Processed: Sendable {
        /// Frames enter links out at this instant or later.
        var entries = Instant.zero
        /// Frames leave links out at this instant or later.
        var crossings = Instant.zero
        /// Frames enter links in at this instant or later.
        var arrivals = Instant.zero
    }

    /// A frame inside, on its way to or from a port.
    struct Transit: Sendable {
        let parcel: Parcel
        let port: Int
    }

    package let settings: Settings
    var middle: Switch
    /// By number; nil when it was removed.
    var ports: ContiguousArray<Port?> = []
    var paths: [PortPair: Path] = [:]
    var cuts: Set<PortPair> = []
    /// All links are ideal and up, there are no paths and no cuts, and nothing is inside.
    var isPlain = true

    /// Transmitters of links out are done. Payload: the port.
    var departures = EventQueue()
    /// Frames come out of links out. Payload: the slot.
    var crossings = EventQueue()
    /// Frames come to links in, or their transmitters are done. Payload: the slot; the port where the
    /// sequence is 0.
    var arrivals = EventQueue()
    var transits = SlotTable<Transit>()
    var sequence: UInt64 = 0
    var processed = Processed()

    var outcomes = NetworkOutcomes()
    /// Memory to use again.
    var effects = LinkEffects()
    var receivers: [Int] = []

    package init(_ settings: Settings) {
        precondition(settings.latency >= settings.leastPath, "a network's latency is not below its floor")
        self.settings = settings
        middle = Switch(settings.kind)
    }

    /// From sending to arrival it is never less than this, ns.
    package var leastDelay: UInt64 { settings.leastOut + settings.leastPath + settings.leastIn }

    /// The earliest event inside.
    package var nextEvent: Instant? { earliest(out: 0, path: 0, in: 0) }

    /// The least `entries` with which `advance`, no further than `limit`, makes an event inside happen; nil when nothing inside
    /// is before `limit`.
    package func nextAdvance(before limit: Instant) -> Instant? {
        let (out, path) = (settings.leastOut, settings.leastOut + settings.leastPath)
        return [(departures, 0), (crossings, out), (arrivals, path)].lazy.compactMap { queue, ahead in
            queue.first.flatMap { $0.time < limit ? $0.time.advanced(by: 1).moved(back: ahead) : nil }
        }.min()
    }

    /// Nothing may be sent earlier.
    package var firstSend: Instant { processed.entries }

    /// Links and paths may change no earlier: what happens before has happened.
    package var firstChange: Instant { max(processed.entries, processed.crossings, processed.arrivals) }

    /// Nothing that is inside now is delivered before this, beside what `takeOutcomes` already gives; nil when nothing is inside.
    package var nextArrival: Instant? {
        earliest(out: settings.leastOut, path: settings.leastPath, in: settings.leastIn)
    }

    /// The earliest event, each moved by what still lies before it at least, ns.
    private func earliest(out: UInt64, path: UInt64, in last: UInt64) -> Instant? {
        if isPlain { return nil }
        var earliest: Instant?
        func take(_ queue: EventQueue, _ delay: UInt64) {
            guard let instant = queue.first?.time.advanced(by: delay) else { return }
            earliest = earliest.map { min($0, instant) } ?? instant
        }
        take(departures, out + path + last)
        take(crossings, path + last)
        take(arrivals, last)
        return earliest
    }

    // MARK: Frames

    /// A station sends a frame at `now`, not before any earlier call's and not before `entries` of any `advance`.
    package mutating func send(_ parcel: Parcel, from port: Int, at now: Instant) {
        precondition(now >= processed.entries, "a network's time never goes back")
        processed.entries = now
        middle.countSent(parcel.frame, by: port)
        guard parcel.frame.bytes.count >= EthernetHeader.size else {
            middle.countDropped(by: port)
            loseUncounted(parcel, .noFrame, port: port, at: now)
            return
        }
        if isPlain { sendAtOnce(parcel, from: port, at: now) } else { enter(parcel, from: port, at: now) }
    }

    /// Internal events before these instants happen.
    ///
    /// - Parameters:
    ///   - entries: nothing will be sent before this any more.
    ///   - exits: links in go on until this; no further than until `entries` + `leastOut` + `leastPath`, before which nothing will
    ///     get there any more. Who means to change a link or a path at an instant goes no further than it with either.
    package mutating func advance(entries: Instant, exits: Instant) {
        let crossed = min(entries.advanced(by: settings.leastOut), max(entries, exits))
        let arrived = min(exits, crossed.advanced(by: settings.leastPath))
        processed.entries = max(processed.entries, entries)
        processed.crossings = max(processed.crossings, crossed)
        processed.arrivals = max(processed.arrivals, arrived)
        if isPlain { return }
        runDepartures(before: entries)
        runCrossings(before: crossed)
        runArrivals(before: arrived)
    }

    /// Moves what came of all that into `taken`, behind what is there.
    package mutating func takeOutcomes(into taken: inout NetworkOutcomes) {
        if taken.isEmpty {
            swap(&taken, &outcomes)
        } else {
            taken.deliveries += outcomes.deliveries
            taken.losses += outcomes.losses
            outcomes.removeAll()
        }
    }

    private mutating func sendAtOnce(_ parcel: Parcel, from port: Int, at now: Instant) {
        let arrival = now.advanced(by: settings.latency)
        guard arrival < .never else {
            middle.countDropped(by: port)
            loseUncounted(parcel, .afterTheEnd, port: port, at: now)
            return
        }
        receivers.removeAll(keepingCapacity: true)
        middle.choose(parcel.frame, from: port, at: now, into: &receivers)
        if receivers.isEmpty { loseUncounted(parcel, .nobodyThere, port: port, at: now) }
        let length = parcel.frame.longestWireFrame
        for receiver in receivers {
            if fits(length, receiver) {
                deliver(parcel, to: receiver, at: arrival)
            } else {
                lose(parcel, .tooLong, port: receiver, at: now)
            }
        }
    }

    // MARK: Ends

    func fits(_ length: Int, _ receiver: Int) -> Bool { length <= ports[receiver]?.longestFrame ?? 0 }

    mutating func deliver(_ parcel: Parcel, to port: Int, at instant: Instant) {
        middle.countReceived(parcel.frame, by: port)
        outcomes.deliveries.append(.init(port: port, at: instant, parcel: parcel))
    }

    mutating func lose(_ parcel: Parcel, _ reason: LossReason, port: Int, at instant: Instant) {
        middle.countLost(parcel.frame, at: port)
        loseUncounted(parcel, reason, port: port, at: instant)
    }

    /// For what another counter has: frames that are `dropped`, `filtered`, or `flooded` to nobody.
    mutating func loseUncounted(_ parcel: Parcel, _ reason: LossReason, port: Int, at instant: Instant) {
        outcomes.losses.append(.init(port: port, at: instant, parcel: parcel, reason: reason))
    }
}
