internal import Calendar

/// What a run consisted of, counted from its trace: who had how many turns, sent how much, and waited for whom.
///
/// Memory is bounded by the lab, whatever the length of the trace.
package struct TraceStatistics: Sendable {
    /// How many events of each kind.
    package struct Counts: Hashable, Sendable {
        private static let size = 1 + Int(TraceEvent.Kind.allCases.map(\.rawValue).max() ?? 0)
        private var counts = ContiguousArray<UInt64>(repeating: 0, count: size)

        package subscript(_ kind: TraceEvent.Kind) -> UInt64 { counts[Int(kind.rawValue)] }

        /// Of all kinds.
        package var total: UInt64 { counts.reduce(0, +) }

        mutating func add(_ kind: TraceEvent.Kind) { counts[Int(kind.rawValue)] += 1 }
    }

    /// Reasons of drops that are told apart; frames dropped for others are counted together.
    package static let reasonLimit = 1024

    /// Frames and what they are long.
    package struct Traffic: Hashable, Sendable {
        package internal(set) var frames: UInt64 = 0
        package internal(set) var bytes: UInt64 = 0

        mutating func add(_ length: UInt64) {
            frames += 1
            bytes.increase(by: length)
        }
    }

    /// For what a participant waited before a turn.
    package enum Cause: Hashable, Sendable {
        /// Its own timer or device: nothing had come for it at that instant.
        case timer
        /// A word of the lab.
        case lab
        /// A frame of this participant.
        case participant(UInt32)
        /// Participants beyond the first `causeLimit` that it waited for.
        case others
    }

    /// Waits that ended with a turn. The last wait, which none ended, is in no row.
    package struct Wait: Hashable, Sendable {
        package internal(set) var turns: UInt64 = 0
        /// ns of simulated time.
        package internal(set) var time: UInt64 = 0
    }

    /// What one participant did.
    package struct Participant: Sendable {
        /// Participants that one is said to have waited for, each by itself.
        package static let causeLimit = 128

        /// Identity on the calendar.
        package let id: UInt32
        package let name: String
        package internal(set) var counts = Counts()
        /// Bytes are those on the wire; a frame that stands for many is one.
        package internal(set) var sent = Traffic()
        package internal(set) var delivered = Traffic()
        package internal(set) var dropped = Traffic()
        /// ns that passed in its turns without a word to the calendar.
        package internal(set) var freeRunning: UInt64 = 0
        package internal(set) var waits: [Cause: Wait] = [:]

        init(id: UInt32, name: String) {
            self.id = id
            self.name = name
        }

        package var turns: UInt64 { counts[.start] + counts[.run] }
        /// Between it and the calendar, both ways.
        package var messages: UInt64 { Self.messageKinds.reduce(0) { $0 + counts[$1] } }
        /// Kicks and interrupts.
        package var notifications: UInt64 { counts[.kick] + counts[.interrupt] }
        package var consoleLines: UInt64 { counts[.console] }
        /// Commands that were started.
        package var commands: UInt64 { counts[.commandStart] }

        private static let messageKinds: [TraceEvent.Kind] = [.run, .lower, .request, .wait, .update, .get]

        mutating func waited(_ time: UInt64, for cause: Cause) {
            var cause = cause
            if case .participant = cause, waits[cause] == nil, waits.count >= Self.causeLimit {
                cause = .others
            }
            waits[cause, default: Wait()].turns += 1
            waits[cause, default: Wait()].time.increase(by: time)
        }
    }

    package let header: TraceHeader
    /// In the order of the header.
    package private(set) var participants: [Participant]
    /// Of all participants and the lab.
    package private(set) var counts = Counts()
    /// Bytes of the file, its header among them.
    package let byteCount: Int
    /// ns from the start to the last event, or to where a participant had got by itself, whichever is later.
    package private(set) var simulatedTime: UInt64 = 0
    /// Of all events that are there.
    package let hash: UInt64
    /// The trace has an end: its run was not killed and does not go on.
    package let isFinished: Bool
    /// Frames that were delivered or dropped when so many had been sent after them that their length was forgotten: no bytes
    /// are counted for those.
    package private(set) var forgottenFrames: UInt64 = 0

    /// Dropped frames by reason; the empty one stands for all beyond the first `reasonLimit`.
    package private(set) var dropped: [String: Traffic] = [:]
    /// Faults of the lab's schedule that began.
    package private(set) var faults = 0

    /// The trace holds turns and messages.
    package var hasDetails: Bool { header.level == TraceLevel.full.rawValue }

    /// Reads a trace to its end, or to the end of what is there. The reader must be a fresh one: frames are counted.
    package init(_ reader: TraceReader) throws(TraceError) {
        precondition(reader.count == 0, "statistics begin with the first event")
        header = reader.header
        participants = reader.header.participants.map { Participant(id: $0.id, name: $0.name) }
        var progress = participants.map { _ in Progress() }
        var counts = Counts()
        var last: UInt64 = 0
        var forgotten: UInt64 = 0
        var history = FaultHistory(reader.header)
        while let event = try reader.next() {
            counts.add(event.kind)
            last = event.time.nanoseconds
            _ = history.take(event)
            guard let index = header.index(of: event.participant) else { continue }
            participants[index].counts.add(event.kind)
            switch event.kind {
            case .send:
                participants[index].sent.add(event.fields.second)
                progress[index].lengths.append(event.fields.second)
            case .deliver, .drop:
                let sender = header.index(of: UInt32(truncatingIfNeeded: event.fields.second))
                let length = sender.flatMap { progress[$0].lengths[event.fields.third] }
                if length == nil { forgotten += 1 }
                if event.kind == .deliver {
                    participants[index].delivered.add(length ?? 0)
                } else {
                    participants[index].dropped.add(length ?? 0)
                    let isKnown = dropped[event.text] != nil || dropped.count < Self.reasonLimit
                    dropped[isKnown ? event.text : "", default: Traffic()].add(length ?? 0)
                }
            default:
                break
            }
            progress[index].take(event, &participants[index])
        }
        self.counts = counts
        forgottenFrames = forgotten
        faults = history.faults.count
        simulatedTime = progress.reduce(last) { max($0, $1.end) }
        byteCount = reader.byteCount
        hash = reader.hash
        isFinished = reader.ending != nil
    }

    /// ns that passed for a participant outside its turns.
    package func idle(_ participant: Participant) -> UInt64 {
        simulatedTime - min(simulatedTime, participant.freeRunning)
    }
}

/// Where a participant is while its trace is read.
private struct Progress {
    /// What came for it while it waited, and when.
    private var cause: (TraceStatistics.Cause, at: UInt64)?
    /// Where its last turn ended; nil before its first.
    private var waitsSince: UInt64?
    var lengths = FrameLengths()

    /// Where it had got by itself.
    var end: UInt64 { waitsSince ?? 0 }

    mutating func take(_ event: TraceEvent, _ participant: inout TraceStatistics.Participant) {
        let now = event.time.nanoseconds
        switch event.kind {
        case .run:
            let due = cause.flatMap { $0.at == now ? $0.0 : nil }
            // What had come at an earlier instant made a turn at that instant, or none.
            if let since = waitsSince { participant.waited(now - min(now, since), for: due ?? .timer) }
            cause = nil
        case .wait:
            participant.freeRunning.increase(by: event.fields.first)
            waitsSince = now.increased(by: event.fields.first)
            cause = nil
        case .update:
            participant.freeRunning.increase(by: event.fields.first)
        case .deliver:
            came(.participant(UInt32(truncatingIfNeeded: event.fields.second)), at: now)
        case .controlOut:
            came(.lab, at: now)
        default:
            break
        }
    }

    /// The first that comes at an instant is what makes the turn.
    private mutating func came(_ what: TraceStatistics.Cause, at now: UInt64) {
        if cause?.at != now { cause = (what, now) }
    }
}

/// How long a participant's last frames were: deliveries give their number only.
private struct FrameLengths {
    /// Frames that are remembered: those that may be on their way at once.
    private static let limit = 16384
    private var lengths: ContiguousArray<UInt32> = []
    private var count: UInt64 = 0

    mutating func append(_ length: UInt64) {
        let length = UInt32(clamping: length)
        if lengths.count < Self.limit {
            lengths.append(length)
        } else {
            lengths[Int(count % UInt64(Self.limit))] = length
        }
        count += 1
    }

    /// Of the frame with this number, from 1; nil when it was not sent, or too long ago.
    subscript(_ number: UInt64) -> UInt64? {
        guard number > 0, number <= count, count - number < UInt64(Self.limit) else { return nil }
        return UInt64(lengths[Int((number - 1) % UInt64(Self.limit))])
    }
}

extension UInt64 {
    /// The sum, or the greatest number: a trace may hold any.
    func increased(by other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    mutating func increase(by other: UInt64) { self = increased(by: other) }
}
