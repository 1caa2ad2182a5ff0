internal import Calendar

/// Writes a trace for https://ui.perfetto.dev and Perfetto's trace processor, on simulated time: exact ns from the
/// lab's start, and the simulated time of day.
///
/// Each machine is a process whose number is its identity, with these tracks:
///
/// - `turns`: from the start of a turn to the end of its free run. Turns without a free run are instants.
/// - `commands`, `commands 2`…: as many as commands ran at the same time. Output of a command is an instant.
/// - each interface: frames sent, delivered and dropped, with flows from the sender to the receivers.
/// - `console`: its lines.
/// - `state`: when a fault turned it off or paused it.
/// - `events`: boots, ends and problems.
///
/// Faults have the tracks `faults`, `faults 2`…: as many as faults were active at the same time; momentary faults are
/// instants. Other events of the lab have the track `lab`. Messages, device notifications and control messages are
/// omitted. Slices that are open at the end of the trace end there. Memory is bounded by the lab and the consoles'
/// text.
package struct PerfettoExport {
    /// Size of the file.
    package struct Written: Hashable, Sendable {
        package var packets: UInt64
        package var bytes: UInt64
    }

    /// Writes a trace to `path`, which is created or replaced. The reader must be at the first event, because frames
    /// are counted.
    ///
    /// - Parameters:
    ///   - counters: whether each interface gets a counter of the bytes sent.
    ///   - console: returns the lines of a machine's console, by name; called once for each machine. A line that is missing is
    ///     shown by its length.
    @discardableResult
    package static func write(
        _ reader: TraceReader, to path: String, counters: Bool = true, console: (String) -> [String]
    ) throws(TraceError) -> Written {
        precondition(reader.count == 0, "an export begins with the first event")
        var export = PerfettoExport(
            reader.header, try PerfettoFile(path: path, start: reader.header.start), counters: counters)
        while let event = try reader.next() {
            export.end = max(export.end, event.time.nanoseconds)
            try export.take(event, console)
        }
        try export.finish()
        return Written(packets: export.file.packetCount, bytes: export.file.byteCount)
    }

    private static let endOfTrace = "the end of the trace"

    private let header: TraceHeader
    private let file: PerfettoFile
    private let counters: Bool
    private let hasTurns: Bool
    private let flows: FrameFlows
    /// In the order of the header; the lab is the last.
    private var machines: [Machine]
    private var faults: FaultTracks
    /// The last event or the last end of a turn, whichever is later, ns.
    private var end: UInt64 = 0

    private init(_ header: TraceHeader, _ file: PerfettoFile, counters: Bool) {
        self.header = header
        self.file = file
        self.counters = counters
        hasTurns = header.level == TraceLevel.full.rawValue
        flows = FrameFlows(header)
        machines = header.participants.map { Machine(interfaces: $0.interfaces.count) }
        machines.append(Machine(interfaces: 0))
        faults = FaultTracks(header)
    }

    private mutating func take(_ event: TraceEvent, _ console: (String) -> [String]) throws(TraceError) {
        let now = event.time.nanoseconds
        let index = header.index(of: event.participant) ?? header.participants.count
        switch event.kind {
        case .start, .run:
            try endTurn(index, at: now, by: "its next turn")
            machines[index].turnSince = max(now, machines[index].turnEnd)
        case .wait:
            try endTurn(index, at: now.increased(by: event.fields.first))
        case .send, .deliver, .drop:
            try takeFrame(event, index)
        case .commandStart:
            try startCommand(event.fields.first, index, at: now)
        case .commandEnd:
            try endCommand(event.fields.first, index, at: now) {
                $0.annotate("exit status", event.fields.second)
            }
        case .output:
            guard let lane = machines[index].lane(of: event.fields.first) else { break }
            try file.add(.instant, to: machines[index].lanes[lane].track, at: now, "output") {
                $0.annotate("bytes", event.fields.second)
            }
        case .console:
            let text = machines[index].nextLine { console(header.name(of: event.participant)) }
            try file.add(
                .instant, to: try track(Machine.console, index), at: now,
                text ?? "\(event.fields.first) bytes")
        case .leave:
            try endTurn(index, at: now, by: "leaving the calendar")
            try tell(event, index)
        case .end:
            try endTurn(index, at: now, by: "its end")
            try endCommands(index, at: now, by: "the end of its machine")
            try tell(event, index)
        case .fault:
            guard let change = faults.history.take(event) else { return try tell(event, index) }
            try faults.write(change, at: now, to: file)
            try changeState(change, at: now)
        case .up, .problem, .alarm:
            try tell(event, index)
        case .lower, .request, .update, .get, .kick, .interrupt, .controlIn, .controlOut:
            break
        }
    }

    /// An instant on the track `events`.
    private mutating func tell(_ event: TraceEvent, _ index: Int) throws(TraceError) {
        var name = event.text.isEmpty ? event.kind.name : "\(event.kind.name): \(event.text)"
        if event.kind == .alarm { name += " \(event.fields.first)" }
        try file.add(.instant, to: try track(Machine.events, index), at: event.time.nanoseconds, name)
    }

    /// Ends everything that is open.
    private mutating func finish() throws(TraceError) {
        for index in machines.indices { try endTurn(index, at: end, by: Self.endOfTrace) }
        for index in machines.indices { try endCommands(index, at: end, by: Self.endOfTrace) }
        for index in machines.indices { try endState(index, at: end, by: Self.endOfTrace) }
        try faults.finish(at: end, by: Self.endOfTrace, to: file)
        try file.sync()
    }

    // MARK: Faults

    /// A machine is turned off or paused, or runs again.
    private mutating func changeState(_ change: FaultHistory.Change, at time: UInt64) throws(TraceError) {
        let (place, isBeginning) =
            switch change {
            case .moment(let place), .began(let place): (place, true)
            case .ended(let place): (place, false)
            }
        let fault = faults.history.faults[place]
        guard fault.effect != .none, let index = fault.machine.flatMap(header.index(of:)) else { return }
        guard isBeginning else {
            if machines[index].state == place { try endState(index, at: time) }
            return
        }
        // Slices of a track must not overlap: the latest fault replaces the one before.
        try endState(index, at: time, by: fault.text)
        machines[index].state = place
        let name = fault.effect == .off ? "off" : "paused"
        try file.add(.sliceBegin, to: try track(Machine.states, index), at: time, name)
    }

    private mutating func endState(_ index: Int, at time: UInt64, by reason: String? = nil) throws(TraceError)
    {
        guard machines[index].state.take() != nil else { return }
        try file.add(.sliceEnd, to: try track(Machine.states, index), at: time) {
            if let reason { $0.annotate("ended by", reason) }
        }
    }

    // MARK: Turns

    /// - Parameter reason: what ended the turn; nil if the machine did.
    private mutating func endTurn(_ index: Int, at time: UInt64, by reason: String? = nil) throws(TraceError)
    {
        guard hasTurns, index < header.participants.count, let since = machines[index].turnSince.take() else {
            return
        }
        let until = max(since, time)
        machines[index].turnEnd = until
        end = max(end, until)
        let track = try track(Machine.turns, index)
        try file.add(until > since ? .sliceBegin : .instant, to: track, at: since, "turn") {
            if let reason { $0.annotate("ended by", reason) }
        }
        if until > since { try file.add(.sliceEnd, to: track, at: until) }
    }

    // MARK: Commands

    private mutating func startCommand(_ number: UInt64, _ index: Int, at time: UInt64) throws(TraceError) {
        let commands = index < header.participants.count ? header.participants[index].commands : []
        // Only commands of the header have slices, so that there are no more tracks than commands.
        guard number > 0, number <= UInt64(commands.count) else { return }
        try endCommand(number, index, at: time) { $0.annotate("ended by", "its next start") }
        let place = machines[index].lane(of: nil) ?? machines[index].lanes.count
        if place == machines[index].lanes.count {
            let name = place == 0 ? "commands" : "commands \(place + 1)"
            machines[index].lanes.append(
                Machine.Lane(track: try file.addTrack(name, of: try process(index))))
        }
        machines[index].lanes[place].command = number
        try file.add(
            .sliceBegin, to: machines[index].lanes[place].track, at: time, commands[Int(number) - 1]
        ) { $0.annotate("command", number) }
    }

    private mutating func endCommand(
        _ number: UInt64, _ index: Int, at time: UInt64, _ details: (inout Protobuf) -> Void
    ) throws(TraceError) {
        guard let lane = machines[index].lane(of: number) else { return }
        machines[index].lanes[lane].command = nil
        try file.add(.sliceEnd, to: machines[index].lanes[lane].track, at: time, nil, details)
    }

    private mutating func endCommands(_ index: Int, at time: UInt64, by reason: String) throws(TraceError) {
        for command in machines[index].lanes.compactMap(\.command) {
            try endCommand(command, index, at: time) { $0.annotate("ended by", reason) }
        }
    }

    // MARK: Frames

    private mutating func takeFrame(_ event: TraceEvent, _ index: Int) throws(TraceError) {
        let now = event.time.nanoseconds
        let interface = machines[index].interface(event.fields.first)
        let track = try track(interface.map { Machine.interfaces + $0 } ?? Machine.events, index)
        guard event.kind != .send else {
            machines[index].framesSent += 1
            let number = machines[index].framesSent
            try file.add(.instant, to: track, at: now, "send") { encoder in
                if let interface {
                    flows.begin(number, of: event.participant, at: index, interface, &encoder)
                }
                encoder.annotate("frame", number)
                encoder.annotate("bytes", event.fields.second)
            }
            if counters, let interface { try count(event.fields.second, index, interface, at: now) }
            return
        }
        let sender = UInt32(truncatingIfNeeded: event.fields.second)
        let number = event.fields.third
        let what = event.kind == .deliver ? "deliver" : "drop"
        let reason = event.text.isEmpty ? "" : ": \(event.text)"
        try file.add(.instant, to: track, at: now, "\(what) from \(header.name(of: sender))\(reason)") {
            encoder in
            // A frame lost at its sender has no flow.
            if let interface, sender != event.participant {
                flows.end(number, of: sender, at: index, interface, &encoder)
            }
            encoder.annotate("frame", number)
        }
    }

    private mutating func count(
        _ bytes: UInt64, _ index: Int, _ interface: Int, at time: UInt64
    ) throws(TraceError) {
        var counter: Machine.Counter
        if let known = machines[index].counters[interface] {
            counter = known
        } else {
            let name = "\(header.participants[index].interfaces[interface].name) bytes sent"
            counter = Machine.Counter(track: try file.addByteCounter(name, of: try process(index)))
            try file.count(0, on: counter.track, at: 0)
        }
        counter.bytes.increase(by: bytes)
        machines[index].counters[interface] = counter
        try file.count(counter.bytes, on: counter.track, at: time)
    }

    // MARK: Tracks

    /// A track of a machine, created when it is first needed.
    private mutating func track(_ slot: Int, _ index: Int) throws(TraceError) -> UInt64 {
        if let track = machines[index].tracks[slot] { return track }
        let isLab = index == header.participants.count
        let name =
            switch slot {
            case Machine.turns: "turns"
            case Machine.console: "console"
            case Machine.events: isLab ? "lab" : "events"
            case Machine.states: "state"
            default: header.participants[index].interfaces[slot - Machine.interfaces].name
            }
        let track = try file.addTrack(name, of: isLab ? nil : try process(index))
        machines[index].tracks[slot] = track
        return track
    }

    /// The parent track of a machine's tracks.
    private mutating func process(_ index: Int) throws(TraceError) -> UInt64 {
        if let process = machines[index].process { return process }
        let participant = header.participants[index]
        let process = try file.addProcess(participant.name, id: participant.id)
        machines[index].process = process
        return process
    }
}

/// The state of a machine while the trace is read.
private struct Machine {
    /// A track of commands: those that run at the same time have different ones.
    struct Lane {
        let track: UInt64
        /// The number of the running command, from 1; nil while there is none.
        var command: UInt64?
    }

    struct Counter {
        let track: UInt64
        var bytes: UInt64 = 0
    }

    /// Indices in `tracks`.
    static let turns = 0
    static let console = 1
    static let events = 2
    static let states = 3
    /// The first interface.
    static let interfaces = 4

    var process: UInt64?
    var tracks: [UInt64?]
    /// By interface.
    var counters: [Counter?]
    var lanes: [Lane] = []
    /// The start of the open turn, ns.
    var turnSince: UInt64?
    /// The end of the last turn, ns: the next one does not begin before it.
    var turnEnd: UInt64 = 0
    var framesSent: UInt64 = 0
    /// The index of the fault that turned it off or paused it.
    var state: Int?
    private var lines: [String]?
    private var linesTaken = 0

    init(interfaces: Int) {
        tracks = Array(repeating: nil, count: Self.interfaces + interfaces)
        counters = Array(repeating: nil, count: interfaces)
    }

    /// The interface of a device number; nil for other devices.
    func interface(_ device: UInt64) -> Int? {
        device > 0 && device <= UInt64(counters.count) ? Int(device) - 1 : nil
    }

    /// The lane of the command with this number.
    func lane(of command: UInt64?) -> Int? { lanes.firstIndex { $0.command == command } }

    /// The next line of its console; nil after the last.
    mutating func nextLine(_ all: () -> [String]) -> String? {
        let lines = self.lines ?? all()
        self.lines = lines
        defer { linesTaken += 1 }
        return linesTaken < lines.count ? lines[linesTaken] : nil
    }
}
