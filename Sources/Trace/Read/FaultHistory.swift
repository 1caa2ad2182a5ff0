internal import Calendar

/// What faults a trace has: which begin, which are over, and whose they are.
///
/// A trace has words only, those of `FaultText` of the module Lab: what begins, and the same with ` is over`. A machine that
/// `is killed` is off until it `boots again`. Memory is bounded by the faults that are there.
package struct FaultHistory: Sendable {
    /// What a fault makes of the machine that it is about.
    package enum Effect: Int, Sendable {
        /// Its machine goes on, or it is about no machine alone.
        case none
        /// No power.
        case off
        /// Its time stands.
        case paused
    }

    package struct Fault: Hashable, Sendable {
        package var text: String
        /// ns.
        package var began: UInt64
        /// Nil while it goes on; what is a moment has none.
        package var ended: UInt64?
        /// Identity of the machine that it is about; nil when that are several, or none that the header has.
        package var machine: UInt32?
        package var effect: Effect
        /// It does not go on. A fault in words that nobody here knows is one until something says that it is over.
        package var isMoment: Bool
    }

    /// What an event was; a place is one in `faults`.
    package enum Change: Hashable, Sendable {
        case began(Int)
        case moment(Int)
        case ended(Int)
    }

    private static let over = " is over"
    private static let bootsAgain = " boots again"

    /// In the order in which they began.
    package private(set) var faults: [Fault] = []
    /// Faults that may be over some day, by what they are called: the first to begin is the first to be over.
    private var open: [String: [Int]] = [:]
    private let machines: [String: UInt32]

    package init(_ header: TraceHeader) {
        machines = Dictionary(
            header.participants.map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
    }

    /// The next event of the trace; nil when it is no fault of the lab's.
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
        // `m1: clock +3s, drift 50ppm`: a step alone is a moment. `lan/m1: loss 5%`, `lan/m1 in: loss 5%`.
        guard let colon = text.firstIndex(of: ":") else { return (nil, .none, true) }
        let place = text[..<colon]
        guard let slash = place.firstIndex(of: "/") else {
            return (machines[String(place)], .none, !text.contains("drift "))
        }
        let name = place[place.index(after: slash)...].prefix { $0 != " " }
        return (machines[String(name)], .none, false)
    }
}
