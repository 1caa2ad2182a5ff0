internal import Trace

/// The notes at the top of the page: what its sources lack, and what it leaves out.
extension TimelineCollector {
    /// - Parameter differingLines: console lines whose texts differ from what the trace recorded.
    func notes(_ data: TimelineData, differingLines: UInt64) -> [String] {
        sourceNotes(data, differingLines) + omissionNotes(data)
    }

    private func sourceNotes(_ data: TimelineData, _ differingLines: UInt64) -> [String] {
        var notes: [String] = []
        if !data.isFinished {
            notes.append(
                "The trace is not finished: the run continues or was killed. The page shows what was written."
            )
        }
        if data.summary == nil { notes.append("There is no summary of the run, so its result is unknown.") }
        if let hash = data.summary?.hash, let own = data.hash, hash != own {
            notes.append("The summary is of another run: its hash is \(hash), the trace's is \(own).")
        }
        if data.header.level != TraceLevel.full.rawValue {
            notes.append("The trace holds events only, without turns and free runs.")
        }
        if differingLines > 0 {
            notes.append(
                "\(number(differingLines)) console lines differ from what the trace recorded: console.log is incomplete, "
                    + "of another run, or not UTF-8.")
        }
        if outputs.differing > 0 {
            notes.append(
                "\(number(outputs.differing)) parts of what commands wrote differ from what the trace recorded: a file is incomplete "
                    + "or of another run.")
        }
        if frames.unmatchedFates > 0 {
            notes.append(
                "\(number(frames.unmatchedFates)) arrivals and losses are not drawn, because the sending of their frames is "
                    + "unknown or too long ago.")
        }
        return notes
    }

    private func omissionNotes(_ data: TimelineData) -> [String] {
        var notes: [String] = []
        notes += sample("turns", data.turns.reduce(0) { $0 + $1.count }, of: totals.turns, turns.sampling)
        let count = { (fate: TimelineData.Arrow.Fate) in data.arrows.count { $0.fate == fate } }
        let samplings = frames.samplings
        notes += sample("arrivals of frames", count(.arrived), of: totals.deliveries, samplings.arrivals)
        notes += sample("lost frames", count(.lost), of: totals.losses, samplings.losses)
        if data.arrows.count < Int(totals.deliveries + totals.losses), totals.losses > 0,
            samplings.losses == .all, samplings.arrivals != .all
        {
            notes.append("All \(number(totals.losses)) lost frames are here.")
        }
        notes += first("frames of unknown fate", count(.unknown), of: totals.unknownFates)
        let shown = UInt64(console.lines.count)
        if shown < totals.consoleLines {
            notes.append(
                "Of \(number(totals.consoleLines)) console lines, \(number(shown)) are here: the first "
                    + "\(number(console.kept.first)) and the last \(number(console.kept.last)) of each machine that has more."
            )
        }
        if outputs.isPartial {
            notes.append(
                "Of what commands wrote, the beginning and the end are here, for each machine whose commands wrote much."
            )
        }
        if data.commands.count < Int(totals.commands) {
            notes.append(
                "Of \(number(totals.commands)) commands, \(number(UInt64(data.commands.count))) are here: those that "
                    + "started first.")
        }
        let runs = sample("runs of commands and checks", data.runs.count, of: totals.runs, self.runs.sampling)
        notes += runs.map { $0 + " More of those that failed are here." }
        notes += first("faults", data.faults.count, of: totals.faults)
        let verdicts = UInt64(data.summary?.verdicts.count ?? 0)
        if data.verdicts.count < Int(verdicts) {
            notes.append(
                "Of \(number(verdicts)) verdicts, \(number(UInt64(data.verdicts.count))) are here: failed ones first."
            )
        }
        for kind in TimelineData.Mark.Kind.allCases {
            notes += first(
                "marks of the kind “\(kind)”", data.marks.count { $0.kind == kind },
                of: markCounts[kind.rawValue])
        }
        return notes + replyNotes(data)
    }

    private func replyNotes(_ data: TimelineData) -> [String] {
        var notes: [String] = []
        let shown = UInt64(data.replies.reduce(0) { $0 + $1.samples.count })
        if shown < totals.replies {
            let stride = frames.replies.stride
            let part = stride > 1 ? "about 1 in \(stride), chosen by a hash, " : "those "
            notes.append(
                "Of \(number(totals.replies)) reply times, \(number(shown)) are here: \(part)of the "
                    + "\(data.replies.count) pairs of machines with the most.")
        }
        if frames.replies.isPartial {
            notes.append("Reply times of some pairs of machines were not measured: there are too many pairs.")
        }
        return notes
    }

    private func number(_ value: UInt64) -> String { TimelineText.number(value) }

    private func sample(_ what: String, _ shown: Int, of total: UInt64, _ sampling: Sampling) -> [String] {
        guard sampling != .all else { return [] }
        return [
            "Of \(number(total)) \(what), \(number(UInt64(shown))) are here: all before "
                + "\(Format.simulated(sampling.wholeUntil)), then about 1 in \(number(sampling.stride)), chosen by a hash."
        ]
    }

    private func first(_ what: String, _ shown: Int, of total: UInt64) -> [String] {
        guard UInt64(shown) < total else { return [] }
        return ["Of \(number(total)) \(what), the first \(number(UInt64(shown))) are here."]
    }
}
