internal import Calendar

/// The faults of a trace: when each begins and ends, and which machine it affects.
///
/// A trace has only the texts of `FaultText` of the module Lab: one when a fault begins, and the same with ` is over`
/// when it ends. A machine that `is killed` is off until it `boots again`. Memory is bounded by the number of faults.
package struct FaultHistory: Sendable {
    /// The effect of a fault on its machine.
    package enum Effect: Int, Sendable {
        /// The machine runs, or the fault affects several machines.
        case none
        /// The machine is off.
        case off
        /// The machine's time does not advance.
        case paused
    }

    package struct Fault: Hashable, Sendable {
        package var text: String
        /// ns.
        package var began: UInt64
        /// ns; nil while the fault is active, and for a momentary one.
        package var ended: UInt64?
        /// Identity of the affected machine; nil if there are several or the header lacks it.
        package var machine: UInt32?
        package var effect: Effect
        /// Whether it has no duration. A fault of unknown text is momentary unless an end follows.
        package var isMoment: Bool
    }

    /// What an event meant, with an index into `faults`.
    package enum Change: Hashable, Sendable {
        case began(Int)
        case moment(Int)
        case ended(Int)
    }

    private static let over = " is over"
    private static let bootsAgain = " boots again"

    /// In the order in which they began.
    package private(set) var faults: [Fault] = []
    /// Faults that may still end, by text: of equal texts the first to begin is the first to end.
    private var open: [String: [Int]] = [:]
    private let machines: [String: UInt32]

    package init(_ header: TraceHeader) {
        machines = Dictionary(
            header.participants.map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
    }

    /// Takes the next event of the trace; nil if it is not a fault of the lab.
    package mutating func take(_ event: TraceEvent) -> Change? {
        guard event.kind == .fault, event.participant == 0 else { return nil }
        let time = event.time.nanoseconds
        if event.text.hasSuffix(Self.over) {
            if let place = end(String(event.text.dropLast(Self.over.count)), at: time) {
                return .ended(place)
            }
        } else if let name = name(before: Self.bootsAgain, in: event.text) {
            if let place = end("\(name) is killed", at: time) { return .ended(place) }
        }
        let (machine, effect, isMoment) = meaning(event.text)
        let place = faults.count
        faults.append(
            Fault(text: event.text, began: time, machine: machine, effect: effect, isMoment: isMoment))
        open[event.text, default: []].append(place)
        return isMoment ? .moment(place) : .began(place)
    }

    private mutating func end(_ text: String, at time: UInt64) -> Int? {
        guard var places = open[text], !places.isEmpty else { return nil }
        let place = places.removeFirst()
        open[text] = places.isEmpty ? nil : places
        faults[place].ended = time
        faults[place].isMoment = false
        return place
    }

    private func name(before suffix: String, in text: String) -> String? {
        guard text.hasSuffix(suffix) else { return nil }
        let name = String(text.dropLast(suffix.count))
        return machines[name] == nil ? nil : name
    }

    private func meaning(_ text: String) -> (machine: UInt32?, effect: Effect, isMoment: Bool) {
        if let name = name(before: " is killed", in: text) { return (machines[name], .off, false) }
        if let name = name(before: " is paused", in: text) { return (machines[name], .paused, false) }
        for suffix in [" restarts", Self.bootsAgain] {
            if let name = name(before: suffix, in: text) { return (machines[name], .none, true) }
        }
        if text.hasPrefix("partition ") || text.hasPrefix("cut ") { return (nil, .none, false) }
        // `m1: clock +3s, drift 50ppm`: a step alone is momentary. `lan/m1: loss 5%`, `lan/m1 in: loss 5%`.
        guard let colon = text.firstIndex(of: ":") else { return (nil, .none, true) }
        let place = text[..<colon]
        guard let slash = place.firstIndex(of: "/") else {
            return (machines[String(place)], .none, !text.contains("drift "))
        }
        let name = place[place.index(after: slash)...].prefix { $0 != " " }
        return (machines[String(name)], .none, false)
    }
}
