internal import Posix
internal import SystemPackage

/// Writes a Perfetto file: a `Trace`, which is a sequence of `TracePacket`s (protos/perfetto/trace/trace_packet.proto,
/// track_event/track_event.proto and track_descriptor.proto of github.com/google/perfetto). Tracks, and events on them.
///
/// Times are ns on the clock BOOTTIME, the trace's default clock, so readers use them unchanged. The first packet
/// declares this and relates instant 0 to the time of day. Packets of different tracks are not sorted by time;
/// readers sort them.
final class PerfettoFile {
    /// An event of a track.
    enum EventType: UInt64 {
        case sliceBegin = 1
        case sliceEnd = 2
        case instant = 3
        case counter = 4
    }

    /// `BuiltinClock`.
    private static let realtime: UInt64 = 1
    private static let boottime: UInt64 = 6
    /// `SEQ_INCREMENTAL_STATE_CLEARED`: no earlier packet is needed.
    private static let stateCleared: UInt64 = 1
    /// `PROCESS_ORDERING_EXPLICIT`: ordered by rank.
    private static let explicitOrdering: UInt64 = 1
    /// `SIBLING_MERGE_BEHAVIOR_NONE`: tracks of the same name stay separate.
    private static let notMerged: UInt64 = 2
    /// `UNIT_SIZE_BYTES`.
    private static let bytesUnit: UInt64 = 3
    /// The only sequence of packets.
    private static let sequence: UInt64 = 1
    /// Bytes of a write.
    private static let bufferSize = 64 * 1024

    private let file: Descriptor
    private let path: String
    private var encoder = Protobuf()
    private var lastTrack: UInt64 = 0
    private(set) var packetCount: UInt64 = 0
    /// Bytes written to the file.
    private(set) var byteCount: UInt64 = 0

    /// Creates or replaces the file at `path`.
    ///
    /// - Parameter start: time of day at instant 0, ns since the epoch.
    init(path: String, start: UInt64) throws(TraceError) {
        self.path = path
        do throws(Errno) {
            file = try Posix.open(path, [.writeOnly, .create, .truncate])
        } catch {
            throw TraceError("cannot write \(path): \(error)")
        }
        encoder.reserve(Self.bufferSize + 4096)
        try packet { encoder in
            encoder.append(Field.Packet.timestamp, 0)
            encoder.append(Field.Packet.sequenceFlags, Self.stateCleared)
            let snapshot = encoder.begin(Field.Packet.clockSnapshot)
            for (id, time) in [(Self.boottime, 0), (Self.realtime, start)] {
                let clock = encoder.begin(Field.ClockSnapshot.clock)
                encoder.append(Field.Clock.id, id)
                encoder.append(Field.Clock.timestamp, time)
                encoder.end(clock)
            }
            encoder.append(Field.ClockSnapshot.primary, Self.boottime)
            encoder.end(snapshot)
        }
        // Track 0 is the root of all tracks.
        try packet { encoder in
            let track = encoder.begin(Field.Packet.track)
            encoder.append(Field.Track.uuid, 0)
            encoder.append(Field.Track.processOrdering, Self.explicitOrdering)
            encoder.end(track)
        }
    }

    private func packet(_ write: (inout Protobuf) -> Void) throws(TraceError) {
        let packet = encoder.begin(Field.packet)
        encoder.append(Field.Packet.sequence, Self.sequence)
        write(&encoder)
        encoder.end(packet)
        packetCount += 1
        if encoder.bytes.count >= Self.bufferSize { try sync() }
    }

    /// Writes the encoded packets.
    func sync() throws(TraceError) {
        do throws(Errno) {
            try file.writeAll(encoder.bytes)
        } catch {
            throw TraceError("cannot write \(path): \(error)")
        }
        byteCount += UInt64(encoder.bytes.count)
        encoder.removeAll()
    }

    // MARK: Tracks

    private func track(_ describe: (inout Protobuf) -> Void) throws(TraceError) -> UInt64 {
        lastTrack += 1
        let uuid = lastTrack
        try packet { encoder in
            let track = encoder.begin(Field.Packet.track)
            encoder.append(Field.Track.uuid, uuid)
            describe(&encoder)
            encoder.end(track)
        }
        return uuid
    }

    /// A new track for a process, the parent of the process's other tracks.
    ///
    /// - Parameter id: the process number, which is shown and by which processes are ordered.
    func addProcess(_ name: String, id: UInt32) throws(TraceError) -> UInt64 {
        // An `int32` in the file.
        let id = min(UInt64(id), UInt64(Int32.max))
        return try track { encoder in
            encoder.append(Field.Track.rank, id)
            let process = encoder.begin(Field.Track.process)
            encoder.append(Field.Process.pid, id)
            encoder.append(Field.Process.name, name)
            encoder.end(process)
        }
    }

    /// A new track for slices and instants.
    ///
    /// - Parameter parent: nil for a track at the top level.
    func addTrack(_ name: String, of parent: UInt64?) throws(TraceError) -> UInt64 {
        try track { encoder in
            encoder.append(Field.Track.name, name)
            if let parent { encoder.append(Field.Track.parent, parent) }
            encoder.append(Field.Track.merging, Self.notMerged)
        }
    }

    /// A new track for numbers of bytes.
    func addByteCounter(_ name: String, of parent: UInt64) throws(TraceError) -> UInt64 {
        try track { encoder in
            encoder.append(Field.Track.name, name)
            encoder.append(Field.Track.parent, parent)
            let counter = encoder.begin(Field.Track.counter)
            encoder.append(Field.Counter.unit, Self.bytesUnit)
            encoder.end(counter)
        }
    }

    // MARK: Events

    /// Adds an event to a track, not before the track's last event.
    func add(
        _ type: EventType, to track: UInt64, at time: UInt64, _ name: String? = nil,
        _ details: (inout Protobuf) -> Void = { _ in }
    ) throws(TraceError) {
        try packet { encoder in
            // Readers use signed 64-bit times.
            encoder.append(Field.Packet.timestamp, min(time, UInt64(Int64.max)))
            let event = encoder.begin(Field.Packet.event)
            encoder.append(Field.Event.type, type.rawValue)
            encoder.append(Field.Event.track, track)
            if let name { encoder.append(Field.Event.name, name) }
            details(&encoder)
            encoder.end(event)
        }
    }

    /// Sets the value of a counter from `time` on.
    func count(_ value: UInt64, on track: UInt64, at time: UInt64) throws(TraceError) {
        try add(.counter, to: track, at: time) { $0.append(Field.Event.value, min(value, UInt64(Int64.max))) }
    }
}

/// Details of an event.
extension Protobuf {
    /// The flow begins or continues at the event.
    mutating func addFlow(_ id: UInt64) { append(Field.Event.flow, fixed: id) }

    /// The flow ends at the event.
    mutating func endFlow(_ id: UInt64) { append(Field.Event.terminatingFlow, fixed: id) }

    mutating func annotate(_ name: String, _ value: UInt64) {
        let annotation = begin(Field.Event.annotation)
        append(Field.Annotation.name, name)
        append(Field.Annotation.number, value)
        end(annotation)
    }

    mutating func annotate(_ name: String, _ value: String) {
        let annotation = begin(Field.Event.annotation)
        append(Field.Annotation.name, name)
        append(Field.Annotation.text, value)
        end(annotation)
    }
}

/// Field numbers by message.
private enum Field {
    static let packet: UInt64 = 1

    enum Packet {
        static let clockSnapshot: UInt64 = 6
        static let timestamp: UInt64 = 8
        static let sequence: UInt64 = 10
        static let event: UInt64 = 11
        static let sequenceFlags: UInt64 = 13
        static let track: UInt64 = 60
    }

    enum ClockSnapshot {
        static let clock: UInt64 = 1
        static let primary: UInt64 = 2
    }

    enum Clock {
        static let id: UInt64 = 1
        static let timestamp: UInt64 = 2
    }

    enum Track {
        static let uuid: UInt64 = 1
        static let name: UInt64 = 2
        static let process: UInt64 = 3
        static let parent: UInt64 = 5
        static let counter: UInt64 = 8
        static let rank: UInt64 = 12
        static let merging: UInt64 = 15
        static let processOrdering: UInt64 = 19
    }

    enum Process {
        static let pid: UInt64 = 1
        static let name: UInt64 = 6
    }

    enum Counter {
        static let unit: UInt64 = 3
    }

    enum Event {
        static let annotation: UInt64 = 4
        static let type: UInt64 = 9
        static let track: UInt64 = 11
        static let name: UInt64 = 23
        static let value: UInt64 = 30
        static let flow: UInt64 = 47
        static let terminatingFlow: UInt64 = 48
    }

    enum Annotation {
        static let number: UInt64 = 3
        static let text: UInt64 = 6
        static let name: UInt64 = 10
    }
}
