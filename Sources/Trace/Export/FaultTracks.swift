/// The tracks of faults in a Perfetto file. Slices of one track must not overlap, so there are as many tracks as
/// faults were active at the same time.
struct FaultTracks {
    private struct Track {
        let id: UInt64
        /// The index of the active fault; nil while there is none.
        var fault: Int?
    }

    var history: FaultHistory
    private var tracks: [Track] = []

    init(_ header: TraceHeader) { history = FaultHistory(header) }

    /// Writes the latest change of `history`.
    mutating func write(_ change: FaultHistory.Change, at time: UInt64, to file: PerfettoFile)
        throws(TraceError)
    {
        switch change {
        case .moment(let place):
            if tracks.isEmpty { try add(to: file) }
            try file.add(.instant, to: tracks[0].id, at: time, history.faults[place].text)
        case .began(let place):
            if !tracks.contains(where: { $0.fault == nil }) { try add(to: file) }
            guard let track = tracks.firstIndex(where: { $0.fault == nil }) else { return }
            tracks[track].fault = place
            try file.add(.sliceBegin, to: tracks[track].id, at: time, history.faults[place].text)
        case .ended(let place):
            guard let track = tracks.firstIndex(where: { $0.fault == place }) else {
                // It was recorded as momentary.
                if tracks.isEmpty { try add(to: file) }
                return try file.add(
                    .instant, to: tracks[0].id, at: time, "\(history.faults[place].text) is over")
            }
            tracks[track].fault = nil
            try file.add(.sliceEnd, to: tracks[track].id, at: time)
        }
    }

    private mutating func add(to file: PerfettoFile) throws(TraceError) {
        let name = tracks.isEmpty ? "faults" : "faults \(tracks.count + 1)"
        tracks.append(Track(id: try file.addTrack(name, of: nil)))
    }

    /// Ends the active faults with the trace.
    mutating func finish(at time: UInt64, by reason: String, to file: PerfettoFile) throws(TraceError) {
        for track in tracks.indices where tracks[track].fault != nil {
            tracks[track].fault = nil
            try file.add(.sliceEnd, to: tracks[track].id, at: time) { $0.annotate("ended by", reason) }
        }
    }
}
