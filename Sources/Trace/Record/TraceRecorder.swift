package import Calendar
package import SystemPackage

/// Writes a run's trace. What happens is staged as it comes, in each island's own order; `flush` writes what nothing can
/// come before any more in the order of (time, island, the island's own), so that the file does not depend on which
/// islands ran at the same time.
package final class TraceRecorder {
    /// An event with its place in the order.
    private struct Staged: Comparable {
        var time: UInt64
        var island: Int32
        var kind: TraceEvent.Kind
        var participant: UInt32
        /// Index into `texts`, or -1.
        var text: Int32
        var sequence: UInt64
        var fields: TraceEvent.Fields

        /// This order is part of every run hash.
        static func < (a: Staged, b: Staged) -> Bool {
            if a.time != b.time { return a.time < b.time }
            if a.island != b.island { return a.island < b.island }
            return a.sequence < b.sequence
        }

        static func == (a: Staged, b: Staged) -> Bool { a.sequence == b.sequence }
    }

    /// Staged events after which a flush is worth its while.
    private static let stagedLimit = 16384

    package let level: TraceLevel
    private let recordsDetails: Bool
    /// By participant; what is not there is on island 0.
    private let islands: [Int32]
    private var staged: ContiguousArray<Staged> = []
    /// Staged events that are too many: more than the last flush had to leave.
    private var fullCount = stagedLimit
    private var texts: [String] = []
    private var isSorted = true
    private var sequence: UInt64 = 0
    private var output: BlockFile
    private var lastTime: UInt64 = 0
    private var whole = TraceHash()
    private var digests: ContiguousArray<TraceHash>
    /// Events written so far.
    package private(set) var count: UInt64 = 0
    /// Why nothing more is written: the disk is full, for example.
    package var failure: Errno? { output.failure }
    private var isFinished = false

    /// Begins a trace at `path`, which is replaced.
    package init(path: String, header: TraceHeader, level: TraceLevel) throws(Errno) {
        precondition(level != .off, "a trace that is off is not written")
        self.level = level
        recordsDetails = level == .full
        var islands: [Int32] = [0]
        for participant in header.participants {
            while islands.count <= Int(participant.id) { islands.append(0) }
            islands[Int(participant.id)] = Int32(participant.island)
        }
        // The lab itself comes after all islands.
        islands[0] = Int32(header.participants.count)
        self.islands = islands
        digests = ContiguousArray(repeating: TraceHash(), count: islands.count)
        let json = header.json()
        var start = TraceFormat.magic
        TraceFormat.append(TraceFormat.version, to: &start)
        TraceFormat.append(UInt64(json.count), to: &start)
        output = try BlockFile(path: path, header: start + json)
    }

    /// The hash of all events written so far.
    package var hash: UInt64 { whole.value }

    // MARK: What happens

    /// Something happened to `participant` (0: the lab itself) at `instant`.
    @inline(__always)
    package func record(
        _ kind: TraceEvent.Kind, _ participant: UInt64, at instant: Instant, _ first: UInt64 = 0,
        _ second: UInt64 = 0, _ third: UInt64 = 0
    ) {
        if kind.isDetail, !recordsDetails { return }
        stage(kind, participant, instant, TraceEvent.Fields(first, second, third), text: -1)
    }

    /// Something happened that has words; more than 4096 bytes of them are cut, at the start of a character's code.
    package func record(
        _ kind: TraceEvent.Kind, _ participant: UInt64, at instant: Instant, text: String,
        _ fields: TraceEvent.Fields = .init()
    ) {
        texts.append(TraceFormat.cut(text))
        stage(kind, participant, instant, fields, text: Int32(texts.count - 1))
    }

    private func stage(
        _ kind: TraceEvent.Kind, _ participant: UInt64, _ instant: Instant, _ fields: TraceEvent.Fields,
        text: Int32
    ) {
        // Who is not of the lab has no lane: a client without an ID, say.
        let who = participant < UInt64(islands.count) ? Int(participant) : 0
        sequence &+= 1
        let event = Staged(
            time: max(instant.nanoseconds, lastTime), island: islands[who], kind: kind,
            participant: UInt32(who), text: text,
            sequence: sequence, fields: fields)
        if isSorted, let last = staged.last, event < last { isSorted = false }
        staged.append(event)
    }

    // MARK: Writing

    /// So much is staged that it should be written.
    @inline(__always)
    package var isFull: Bool { staged.count >= fullCount }

    /// Writes what happened before `instant`: nothing that is recorded from now on should be earlier. What the host makes
    /// happen (Ctrl-C, a timeout) comes at the instant of the last event then.
    package func flush(before instant: Instant) {
        if !isSorted { staged.sort() }
        isSorted = true
        var taken = 0
        for event in staged {
            guard event.time < instant.nanoseconds else { break }
            write(event)
            taken += 1
        }
        if taken == staged.count {
            staged.removeAll(keepingCapacity: true)
            texts.removeAll(keepingCapacity: true)
            sequence = 0
        } else {
            staged.removeFirst(taken)
            keepTexts()
        }
        fullCount = staged.count + Self.stagedLimit
    }

    /// Releases the texts that are written. Without it they would be kept as long as any participant has staged events.
    private func keepTexts() {
        guard !texts.isEmpty else { return }
        var kept: [String] = []
        for index in staged.indices where staged[index].text >= 0 {
            kept.append(texts[Int(staged[index].text)])
            staged[index].text = Int32(kept.count - 1)
        }
        texts = kept
    }

    /// Texts that are held because their events are staged.
    package var textCount: Int { texts.count }

    private func write(_ staged: Staged) {
        precondition(
            staged.time >= lastTime, "a trace's time never goes back: \(staged.time) after \(lastTime)")
        let event = TraceEvent(
            time: Instant(nanoseconds: staged.time), participant: staged.participant, kind: staged.kind,
            fields: staged.fields, text: staged.text < 0 ? "" : texts[Int(staged.text)])
        TraceFormat.append(event, after: lastTime, to: &output.records)
        lastTime = staged.time
        whole.add(event)
        digests[Int(event.participant)].add(event)
        count += 1
        if count.isMultiple(of: TraceFormat.checkpointInterval) { append(.checkpoint, count, whole.value) }
        output.endRecord()
    }

    private func append(_ mark: TraceFormat.Mark, _ first: UInt64, _ second: UInt64) {
        output.records.append(mark.rawValue)
        TraceFormat.append(first, to: &output.records)
        TraceFormat.append(second, to: &output.records)
    }

    /// Hands what `flush` took to the system: from then on it survives this process.
    package func sync() { output.sync() }

    /// Writes everything, and the end.
    package func finish() {
        guard !isFinished else { return }
        isFinished = true
        flush(before: Instant(nanoseconds: .max))
        for (participant, digest) in digests.enumerated() {
            append(.digest, UInt64(participant), digest.value)
        }
        append(.last, count, whole.value)
        output.endBlock()
    }
}
