package import Calendar
internal import Foundation
internal import LabPlan
internal import Report
internal import Trace

/// Where a replay stops.
package enum Stop: Hashable, Sendable {
    /// When everything before this instant has happened, and nothing at it.
    case before(Instant)
    /// Where the run would begin to shut down.
    case end
}

/// Finds moments in the trace and the outputs of a recorded run.
package struct MomentFinder {
    private let run: RecordedRun
    private let header: TraceHeader
    /// When the run began to shut down; the instant of its last event when it never did.
    private let end: Instant
    private let hasShutDown: Bool

    package init(_ run: RecordedRun) throws(RunError) {
        self.run = run
        let reader = try run.trace()
        header = reader.header
        let frame = TraceHash.of(ControlRequest.shutDown.frame)
        var end = Instant.zero
        var hasShutDown = false
        while let event = try reader.next() {
            end = event.time
            if event.kind == .controlOut, event.fields.second == frame {
                hasShutDown = true
                break
            }
        }
        self.end = end
        self.hasShutDown = hasShutDown
    }

    /// The place of a moment.
    ///
    /// - Parameters:
    ///   - isBefore: the instant before it, at which it has not happened yet.
    ///   - steps: how far to go on from there.
    package func stop(at moment: Moment, isBefore: Bool = false, steps: [MomentStep] = []) throws(RunError)
        -> Stop
    {
        let instant = try instant(of: moment)
        guard instant <= end else {
            throw RunError(
                .usage, "\(run.folder) shuts down at \(end), before \(instant): its last moment is --at end")
        }
        var bound = isBefore ? instant : instant.advanced(by: 1)
        for step in steps { bound = try self.bound(after: bound, step) }
        // A run that was killed ends where its trace does.
        return bound > end ? hasShutDown ? .end : .before(end.advanced(by: 1)) : .before(bound)
    }

    private func instant(of moment: Moment) throws(RunError) -> Instant {
        switch moment {
        case .time(let nanoseconds): Instant(nanoseconds: nanoseconds)
        case .end: end
        case .failure: try firstFailure()
        case .fault(let number): try begin(ofFault: number)
        case .line(let machine, let text, let number): try line(machine, text, number)
        }
    }

    // MARK: Steps

    private func bound(after bound: Instant, _ step: MomentStep) throws(RunError) -> Instant {
        if case .time(let nanoseconds) = step { return bound.advanced(by: nanoseconds) }
        let reader = try run.trace()
        while let event = try reader.next() {
            guard event.time >= bound, Self.is(event.kind, a: step) else { continue }
            return event.time.advanced(by: 1)
        }
        throw RunError(.usage, "\(run.folder): no \(step) comes after \(bound) any more")
    }

    private static func `is`(_ kind: TraceEvent.Kind, a step: MomentStep) -> Bool {
        switch step {
        case .event: !kind.isDetail
        case .frame: [.send, .deliver, .drop].contains(kind)
        case .turn: kind == .run
        case .time: false
        }
    }

    // MARK: What happened

    private func begin(ofFault number: Int) throws(RunError) -> Instant {
        guard run.summary != nil else {
            throw RunError(
                .usage,
                "\(run.folder) has no \(RunFolder.summary): its run was killed; give a time or a line instead"
            )
        }
        let begins = (run.summary?.faults ?? []).map(\.beganNanoseconds).sorted()
        guard begins.indices.contains(number - 1) else {
            throw RunError(.usage, "\(run.folder): there is no fault:\(number): \(begins.count) happened")
        }
        return Instant(nanoseconds: begins[number - 1])
    }

    private func firstFailure() throws(RunError) -> Instant {
        var failures: [UInt64] = []
        for machine in run.summary?.machines ?? [] {
            failures += machine.commands.filter { $0.outcome == .failed }.compactMap(\.endNanoseconds)
        }
        let failed = Set((run.summary?.machines ?? []).filter { $0.failed == true }.map(\.name))
        let reader = try run.trace()
        while let event = try reader.next() {
            guard
                event.kind == .problem
                    || event.kind == .end && failed.contains(header.name(of: event.participant))
            else { continue }
            failures.append(event.time.nanoseconds)
            break
        }
        guard let first = failures.min() else {
            throw RunError(.usage, "\(run.folder): nothing failed")
        }
        return Instant(nanoseconds: first)
    }

    private func line(_ machine: String, _ text: String, _ number: Int) throws(RunError) -> Instant {
        guard let participant = header.participants.first(where: { $0.name == machine }) else {
            let names = header.participants.map(\.name)
            throw RunError(.usage, "\(run.folder): \(Moment.unknown(machine: machine, among: names))")
        }
        var lines = RecordedLines(of: participant, in: "\(run.folder)/machines/\(machine)")
        let reader = try run.trace()
        var found = 0
        while let event = try reader.next() {
            guard event.participant == participant.id else { continue }
            found += lines.written(at: event).count { $0.contains(text) }
            if found >= number { return event.time }
        }
        let times = found == 0 ? "wrote no line with" : "wrote only \(found) lines with"
        throw RunError(.usage, "\(run.folder): \(machine) \(times) '\(text)'")
    }
}

/// The lines that a machine wrote: the trace says when, its files what.
private struct RecordedLines {
    private let folder: String
    private let commandCount: Int
    private var console: [String]
    private var files: [UInt64: (bytes: Data, place: Int, cutter: LineCutter)] = [:]

    init(of participant: TraceHeader.Participant, in folder: String) {
        self.folder = folder
        commandCount = participant.commands.count - (participant.checks ?? 0)
        let data =
            FileManager.default.contents(atPath: "\(folder)/\(OutputSource.console.fileName)") ?? Data()
        console = LineCutter.text(of: data).reversed()
    }

    /// The lines that end with this event.
    mutating func written(at event: TraceEvent) -> [String] {
        switch event.kind {
        // Each line is an event.
        case .console: return console.popLast().map { [$0] } ?? []
        case .output:
            return lines(of: event.fields.first) { file in
                let end = min(file.place + Int(clamping: event.fields.second), file.bytes.count)
                defer { file.place = end }
                return file.cutter.lines(ending: file.bytes[file.place..<end])
            }
        case .commandEnd: return lines(of: event.fields.first) { $0.cutter.takeRest() }
        default: return []
        }
    }

    private mutating func lines(
        of command: UInt64, take: (inout (bytes: Data, place: Int, cutter: LineCutter)) -> [[UInt8]]
    ) -> [String] {
        let isCheck = command > UInt64(commandCount)
        let source = isCheck ? OutputSource.check(command - UInt64(commandCount)) : .command(command)
        var file =
            files[command] ?? (
                FileManager.default.contents(atPath: "\(folder)/\(source.fileName)") ?? Data(), 0,
                LineCutter()
            )
        defer { files[command] = file }
        return take(&file).map { String(decoding: $0, as: UTF8.self) }
    }
}
