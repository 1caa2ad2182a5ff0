internal import Trace

/// Chooses what commands and checks wrote that the page shows, and takes it from their files.
///
/// The trace has an event for each piece that init read from a command, with its length; the pieces of a command lie in its file one
/// after the other.
struct OutputCollector {
    private struct Piece {
        let time: UInt64
        let offset: UInt64
        let length: Int
        let hash: UInt64
    }

    private struct Owner: Hashable {
        let lane: Int
        let number: UInt64
    }

    private let kept: KeptEnds
    /// By lane, of the whole trace.
    private let counts: [UInt64]
    /// By lane, so far.
    private var seen: [UInt64]
    /// Bytes so far.
    private var lengths: [Owner: UInt64] = [:]
    private var pieces: [Owner: [Piece]] = [:]
    /// A piece or line is left out.
    private(set) var isPartial = false
    /// Pieces that are not in the files as the trace has them.
    private(set) var differing: UInt64 = 0

    /// Longest piece, bytes: no control message is longer. A damaged trace may have others.
    private static let longestPiece: UInt64 = 64 * 1024

    init(_ census: TimelineCensus, limits: TimelineLimits) {
        kept = KeptEnds(census.outputs, limit: limits.outputPieces)
        counts = census.outputs
        seen = Array(repeating: 0, count: counts.count)
    }

    mutating func add(_ event: TraceEvent, _ lane: Int, at time: UInt64) {
        let owner = Owner(lane: lane, number: event.fields.first)
        let length = event.fields.second
        let offset = lengths[owner, default: 0]
        lengths[owner] = offset.addingReportingOverflow(length).partialValue
        seen[lane] += 1
        guard length <= Self.longestPiece, kept.keeps(seen[lane], of: counts[lane]) else {
            isPartial = true
            return
        }
        pieces[owner, default: []].append(
            Piece(time: time, offset: offset, length: Int(length), hash: event.fields.third))
    }

    /// The lines, lane by lane: each at the instant at which its last byte was written.
    ///
    /// - Parameters:
    ///   - limits: at most so many lines; a machine that has too many shows its first and its last ones.
    ///   - source: of a lane's command by its number in the trace; nil for one that the header lacks.
    ///   - open: a source's file; the function that it returns reads a part of it.
    mutating func lines(
        limits: TimelineLimits, source: (Int, UInt64) -> OutputSource?,
        open: (Int, OutputSource) -> TimelineFiles.Part
    ) -> [TimelineData.ConsoleLine] {
        var byLane = [[TimelineData.ConsoleLine]](repeating: [], count: counts.count)
        for (owner, pieces) in pieces.sorted(by: {
            ($0.key.lane, $0.key.number) < ($1.key.lane, $1.key.number)
        }) {
            guard let source = source(owner.lane, owner.number) else { continue }
            let part = open(owner.lane, source)
            var cutter = LineCutter()
            var end: (offset: UInt64, time: UInt64)?
            func take(_ texts: [[UInt8]], at time: UInt64) {
                byLane[owner.lane] += texts.map {
                    TimelineData.ConsoleLine(
                        time: time, lane: owner.lane, source: source,
                        text: TimelineText.clean(
                            String(decoding: $0, as: UTF8.self), limit: limits.textLength))
                }
            }
            for piece in pieces {
                // What was not kept in between ends a line.
                if let end, end.offset != piece.offset { take(cutter.takeRest(), at: end.time) }
                let text = part(piece.offset, piece.length)
                if text.count != piece.length || TraceHash.of(text) != piece.hash { differing += 1 }
                take(cutter.lines(ending: text), at: piece.time)
                end = (piece.offset.addingReportingOverflow(UInt64(piece.length)).partialValue, piece.time)
            }
            if let end { take(cutter.takeRest(), at: end.time) }
        }
        let keptLines = KeptEnds(byLane.map { UInt64($0.count) }, limit: limits.outputLines)
        let all = byLane.reduce(0) { $0 + $1.count }
        let lines = byLane.flatMap { own in
            own.sorted { $0.time < $1.time }.enumerated()
                .filter { keptLines.keeps(UInt64($0.offset) + 1, of: UInt64(own.count)) }.map(\.element)
        }
        if lines.count < all { isPartial = true }
        return lines
    }
}
