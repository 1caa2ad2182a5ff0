package import Calendar

/// Something that happened in a run, as its trace has it.
package struct TraceEvent: Hashable, Sendable {
    /// What kind of thing. The raw values are the file format: never used again for something else.
    package enum Kind: UInt8, CaseIterable, Sendable {
        // Of the calendar and its clients.
        case start = 1
        case run = 2
        case lower = 3
        case request = 4
        case wait = 5
        case update = 6
        case get = 7
        case leave = 8
        // Of devices.
        case kick = 16
        case interrupt = 17
        case send = 18
        case deliver = 19
        case drop = 20
        // Of machines and the lab.
        case controlIn = 32
        case controlOut = 33
        case up = 34
        case commandStart = 35
        case commandEnd = 36
        case output = 37
        case console = 38
        case end = 39
        case problem = 40
        case fault = 41
        case alarm = 42
    }

    package var time: Instant
    /// Who: the identity on the calendar; 0 is the lab itself.
    package var participant: UInt32
    package var kind: Kind
    /// As many as the kind has fields; the rest is 0.
    package var fields: Fields
    /// What happened in words, for the kinds that have some.
    package var text: String

    /// Three numbers without an array.
    package struct Fields: Hashable, Sendable {
        package var first: UInt64
        package var second: UInt64
        package var third: UInt64

        package init(_ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0) {
            self.first = first
            self.second = second
            self.third = third
        }

        package subscript(_ index: Int) -> UInt64 {
            get { index == 0 ? first : index == 1 ? second : third }
            set {
                switch index {
                case 0: first = newValue
                case 1: second = newValue
                default: third = newValue
                }
            }
        }
    }

    package init(
        time: Instant, participant: UInt32, kind: Kind, fields: Fields = Fields(), text: String = ""
    ) {
        self.time = time
        self.participant = participant
        self.kind = kind
        self.fields = fields
        self.text = text
    }
}

/// How much a trace holds.
package enum TraceLevel: String, CaseIterable, Sendable {
    /// No trace is written.
    case off
    /// Frames, commands, words, console lines, faults and endings.
    case events
    /// Turns, grants, messages and device notifications too.
    case full
}

extension TraceEvent.Kind {
    /// What a field of an event counts.
    package enum Unit: Sendable {
        /// A number that means something by itself.
        case number
        /// ns of simulated time.
        case duration
        /// 0, or 1 + ns of simulated time.
        case optionalDuration
        case bytes
        /// Of content, 64 bits.
        case hash
        /// 0: the control device; n: the interface n - 1; then the entropy device, then the disk.
        case device
        /// An identity on the calendar.
        case participant
    }

    /// Its word in `almanac trace show` and `--kind`.
    package var name: String {
        switch self {
        case .start: "start"
        case .run: "run"
        case .lower: "lower"
        case .request: "request"
        case .wait: "wait"
        case .update: "update"
        case .get: "get"
        case .leave: "leave"
        case .kick: "kick"
        case .interrupt: "interrupt"
        case .send: "send"
        case .deliver: "deliver"
        case .drop: "drop"
        case .controlIn: "control-in"
        case .controlOut: "control-out"
        case .up: "up"
        case .commandStart: "command-start"
        case .commandEnd: "command-end"
        case .output: "output"
        case .console: "console"
        case .end: "end"
        case .problem: "problem"
        case .fault: "fault"
        case .alarm: "alarm"
        }
    }

    /// Its fields, in the order of the file.
    package var fields: [(name: String, unit: Unit)] {
        switch self {
        case .start, .get, .up: []
        case .run: [("grant", .duration)]
        case .lower: [("grant", .duration)]
        case .request: [("in", .optionalDuration)]
        case .wait: [("ran", .duration), ("next", .optionalDuration)]
        case .update: [("ran", .duration)]
        case .leave, .end, .problem, .fault: []
        case .kick: [("device", .device)]
        case .interrupt: [("device", .device), ("queue", .number)]
        case .send: [("device", .device), ("length", .bytes), ("hash", .hash)]
        // The sender's frames are counted from 1, in the order of its `send`s.
        case .deliver: [("device", .device), ("from", .participant), ("frame", .number)]
        case .drop: [("device", .device), ("from", .participant), ("frame", .number)]
        case .controlIn, .controlOut: [("length", .bytes), ("hash", .hash)]
        case .commandStart: [("command", .number)]
        case .commandEnd: [("command", .number), ("status", .number)]
        case .output: [("command", .number), ("length", .bytes), ("hash", .hash)]
        case .console: [("length", .bytes), ("hash", .hash)]
        case .alarm: [("number", .number)]
        }
    }

    /// Number of fields: what `fields` has, without making it.
    @inline(__always)
    var fieldCount: Int {
        switch self {
        case .start, .get, .up, .leave, .end, .problem, .fault: 0
        case .run, .lower, .request, .update, .kick, .commandStart, .alarm: 1
        case .wait, .interrupt, .controlIn, .controlOut, .commandEnd, .console: 2
        case .send, .deliver, .drop, .output: 3
        }
    }

    /// Its events have words.
    @inline(__always)
    var hasText: Bool {
        switch self {
        case .leave, .end, .problem, .fault, .drop: true
        default: false
        }
    }

    /// Recorded at `full` only.
    @inline(__always)
    package var isDetail: Bool {
        rawValue <= TraceEvent.Kind.interrupt.rawValue && self != .leave && self != .start
    }
}
