internal import Calendar

/// Statistics of a run, counted from its trace: turns, traffic and waits of each participant.
///
/// Memory is bounded by the lab and does not depend on the length of the trace.
package struct TraceStatistics: Sendable {
    /// Number of events of each kind.
    package struct Counts: Hashable, Sendable {
        private static let size = 1 + Int(TraceEvent.Kind.allCases.map(\.rawValue).max() ?? 0)
        private var counts = ContiguousArray<UInt64>(repeating: 0, count: size)

        package subscript(_ kind: TraceEvent.Kind) -> UInt64 { counts[Int(kind.rawValue)] }

        /// Events of all kinds.
        package var total: UInt64 { counts.reduce(0, +) }

        mutating func add(_ kind: TraceEvent.Kind) { counts[Int(kind.rawValue)] += 1 }
    }

    /// Most reasons of drops that are counted separately; the others are counted together.
    package static let reasonLimit = 1024

    /// Frames and their total length.
    package struct Traffic: Hashable, Sendable {
        package internal(set) var frames: UInt64 = 0
        package internal(set) var bytes: UInt64 = 0

        mutating func add(_ length: UInt64) {
            frames += 1
            bytes.increase(by: length)
        }
    }

    /// What a participant waited for before a turn.
    package enum Cause: Hashable, Sendable {
        /// Its own timer or device: nothing else arrived at that instant.
        case timer
        /// A control message of the lab.
        case lab
        /// A frame from this participant.
        case participant(UInt32)
        /// Participants beyond the first `causeLimit`.
        case others
    }

    /// Waits that ended with a turn. The last wait is not counted.
    package struct Wait: Hashable, Sendable {
        package internal(set) var turns: UInt64 = 0
        /// ns of simulated time.
        package internal(set) var time: UInt64 = 0
    }

    /// Statistics of one participant.
    package struct Participant: Sendable {
        /// Most participants whose waits are counted separately.
        package static let causeLimit = 128

        /// Identity on the calendar.
        package let id: UInt32
        package let name: String
        package internal(set) var counts = Counts()
        /// Bytes on the wire; a segment that stands for several frames counts as one.
        package internal(set) var sent = Traffic()
        package internal(set) var delivered = Traffic()
        package internal(set) var dropped = Traffic()
        /// ns of simulated time in free runs.
        package internal(set) var freeRunning: UInt64 = 0
        package internal(set) var waits: [Cause: Wait] = [:]

        init(id: UInt32, name: String) {
            self.id = id
            self.name = name
        }

        package var turns: UInt64 { counts[.start] + counts[.run] }
        /// Messages between it and the calendar, in both directions.
        package var messages: UInt64 { Self.messageKinds.reduce(0) { $0 + counts[$1] } }
        /// Kicks and interrupts.
        package var notifications: UInt64 { counts[.kick] + counts[.interrupt] }
        package var consoleLines: UInt64 { counts[.console] }
        /// Runs of commands.
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
    /// Events of all participants and the lab.
    package private(set) var counts = Counts()
    /// Bytes of the file, including its header.
    package let byteCount: Int
    /// ns from the start to the last event or the end of the last free run, whichever is later.
    package private(set) var simulatedTime: UInt64 = 0
    /// Hash of all events read.
    package let hash: UInt64
    /// Whether the trace is complete: the run was not killed and does not continue.
    package let isFinished: Bool
    /// Frames delivered or dropped so late that their length was no longer stored: their bytes are not counted.
    package private(set) var framesOfUnknownLength: UInt64 = 0

    /// Dropped frames by reason; the empty reason stands for those beyond `reasonLimit`.
    package private(set) var dropped: [String: Traffic] = [:]
    /// Number of faults that began.
    package private(set) var faults = 0

    /// Whether the trace holds turns and messages.
    package var hasDetails: Bool { header.level == TraceLevel.full.rawValue }

    /// Reads a trace to the end of the file. The reader must be at the first event, because frames are counted.
    package init(_ reader: TraceReader) throws(TraceError) {
        precondition(reader.count == 0, "statistics begin with the first event")
        header = reader.header
        participants = reader.header.participants.map { Participant(id: $0.id, name: $0.name) }
        var progress = participants.map { _ in Progress() }
        var counts = Counts()
        var last: UInt64 = 0
        var unknownLengths: UInt64 = 0
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
                if length == nil { unknownLengths += 1 }
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
        framesOfUnknownLength = unknownLengths
        faults = history.faults.count
        simulatedTime = progress.reduce(last) { max($0, $1.end) }
        byteCount = reader.byteCount
        hash = reader.hash
        isFinished = reader.ending != nil
    }

    /// ns of simulated time outside a participant's free runs.
    package func idle(_ participant: Participant) -> UInt64 {
        simulatedTime - min(simulatedTime, participant.freeRunning)
    }
}

/// The state of a participant while the trace is read.
private struct Progress {
    private var causes = TurnCauses()
    var lengths = FrameLengths()

    /// The end of its last free run, ns.
    var end: UInt64 { causes.waitsSince ?? 0 }

    mutating func take(_ event: TraceEvent, _ participant: inout TraceStatistics.Participant) {
        if let turn = causes.take(event) { participant.waited(turn.waited, for: turn.cause) }
        switch event.kind {
        case .wait, .update: participant.freeRunning.increase(by: event.fields.first)
        default: break
        }
    }
}

/// Lengths of a participant's last frames: events of deliveries hold only the frame's number.
private struct FrameLengths {
    /// Number of lengths that are kept: enough for frames in transit.
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

    /// The length of a frame by its number, from 1; nil if it was not sent or no longer stored.
    subscript(_ number: UInt64) -> UInt64? {
        guard number > 0, number <= count, count - number < UInt64(Self.limit) else { return nil }
        return UInt64(lengths[Int((number - 1) % UInt64(Self.limit))])
    }
}

extension UInt64 {
    /// The sum, saturated: a trace may hold any number.
    func increased(by other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    mutating func increase(by other: UInt64) { self = increased(by: other) }
}
