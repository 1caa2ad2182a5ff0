internal import Trace

extension TimelineCollector {
    /// Everything that the page holds. Nothing more is added afterwards.
    func data(summary: RunSummary?, console: (String) -> [String]) -> TimelineData {
        finishTurns()
        frames.finish(&totals)
        let strangeLines = takeTexts(console)
        var data = TimelineData(header: census.header)
        data.summary = summary
        data.isFinished = census.ending != nil
        data.hash = census.ending.map { TraceHash.text($0.hash) }
        data.events = census.events
        data.end = census.end
        data.turns = turns
        data.lanes = lanes
        data.interfaces = layout.interfaces
        data.marks = marks
        data.console = consoleLines
        data.arrows = frames.arrows
        data.reasons = frames.reasons
        data.losses = frames.losses
        data.replies = frames.replies.pairs(limits.pairs)
        totals.replies = frames.replies.count
        totals.runs = runs.count
        totals.faults = UInt64(faults.faults.count)
        data.totals = totals
        data.faults = faults.faults.prefix(limits.marks).map(fault)
        if let activity {
            data.activity = (
                activity.buckets, activity.turns.map(\.values), activity.free.map(\.shares)
            )
        }
        frames.giveSeries(to: &data)
        data.sampledFrom = (samplings.turns.sampledFrom, samplings.arrivals.sampledFrom)
        runs.give(to: &data, summary) { census.header.name(of: layout.participants[$0]) }
        data.verdicts = verdicts(summary)
        data.notes = sources(data, strangeLines) + omissions(data)
        cutTexts(&data)
        return data
    }

    private func fault(_ fault: FaultHistory.Fault) -> TimelineData.Fault {
        TimelineData.Fault(
            began: fault.began, ended: fault.ended, isMoment: fault.isMoment,
            lane: fault.machine.flatMap(layout.lane(of:)), effect: fault.effect,
            text: TimelineText.clean(fault.text, limit: limits.textLength))
    }

    /// In their order; where there are too many, failed ones.
    private func verdicts(_ summary: RunSummary?) -> [VerdictSummary] {
        let all = summary?.verdicts ?? []
        guard all.count > limits.verdicts else { return all }
        return Array((all.filter { !$0.passed } + all.filter(\.passed)).prefix(limits.verdicts))
    }

    // MARK: What the page says of itself

    private func sources(_ data: TimelineData, _ strangeLines: UInt64) -> [String] {
        var notes: [String] = []
        if !data.isFinished {
            notes.append(
                "The trace is not finished: the run goes on, or was ended by force. The page shows what there is of it."
            )
        }
        if data.summary == nil { notes.append("There is no summary of the run: how it ended is not known.") }
        if let hash = data.summary?.hash, let own = data.hash, hash != own {
            notes.append("The summary is of another run: its hash is \(hash), the trace's \(own).")
        }
        if data.header.level != TraceLevel.full.rawValue {
            notes.append(
                "The trace holds events only: when machines had their turns and ran freely is not in it.")
        }
        if strangeLines > 0 {
            notes.append(
                "\(number(strangeLines)) console lines are not the text that the trace saw: console.log is incomplete, "
                    + "of another run, or not UTF-8.")
        }
        if frames.strangers > 0 {
            notes.append(
                "Arrivals and losses of frames whose sending is not remembered: \(number(frames.strangers)). They are not "
                    + "drawn.")
        }
        return notes
    }

    private func omissions(_ data: TimelineData) -> [String] {
        var notes: [String] = []
        notes += sample("turns", data.turns.reduce(0) { $0 + $1.count }, of: totals.turns, samplings.turns)
        let count = { (fate: TimelineData.Arrow.Fate) in data.arrows.count { $0.fate == fate } }
        notes += sample("arrivals of frames", count(.arrived), of: totals.deliveries, samplings.arrivals)
        notes += sample("lost frames", count(.lost), of: totals.losses, samplings.losses)
        if data.arrows.count < Int(totals.deliveries + totals.losses), totals.losses > 0,
            samplings.losses == .all, samplings.arrivals != .all
        {
            notes.append("All \(number(totals.losses)) lost frames are here.")
        }
        notes += first("frames without a known fate", count(.unknown), of: totals.unknownFates)
        if data.console.count < Int(totals.consoleLines) {
            notes.append(
                "Of \(number(totals.consoleLines)) console lines, \(number(UInt64(data.console.count))) are here: the first "
                    + "\(number((consoleRoom + 1) / 2)) and the last \(number(consoleRoom / 2)) of each machine that has more."
            )
        }
        if data.commands.count < Int(totals.commands) {
            notes.append(
                "Of \(number(totals.commands)) commands, \(number(UInt64(data.commands.count))) are here: those that "
                    + "started first.")
        }
        let runs = sample("runs of commands and checks", data.runs.count, of: totals.runs, self.runs.sampling)
        notes += runs.map { $0 + " Of those that failed more are." }
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
        let replies = UInt64(data.replies.reduce(0) { $0 + $1.samples.count })
        if replies < totals.replies {
            let part =
                frames.replies.stride > 1
                ? "about 1 in \(frames.replies.stride), picked by a hash, " : "those "
            notes.append(
                "Of \(number(totals.replies)) reply times, \(number(replies)) are here: \(part)of the "
                    + "\(data.replies.count) pairs of machines with the most.")
        }
        if frames.replies.isPartial {
            notes.append("More pairs of machines exchanged frames than are watched for reply times.")
        }
        return notes
    }

    private func number(_ value: UInt64) -> String { TimelineText.number(value) }

    private func sample(_ what: String, _ shown: Int, of total: UInt64, _ sampling: Sampling) -> [String] {
        guard sampling != .all else { return [] }
        return [
            "Of \(number(total)) \(what), \(number(UInt64(shown))) are here: all before "
                + "\(Format.simulated(sampling.wholeUntil)), then about 1 in \(number(sampling.stride)), picked by a hash."
        ]
    }

    private func first(_ what: String, _ shown: Int, of total: UInt64) -> [String] {
        guard UInt64(shown) < total else { return [] }
        return ["Of \(number(total)) \(what), the first \(number(UInt64(shown))) are here."]
    }

    /// Cuts texts until those of each kind have room.
    private func cutTexts(_ data: inout TimelineData) {
        let (limit, budget) = (limits.textLength, limits.textBytes)
        var shortest = limit
        func length(_ texts: some Sequence<String>) -> Int {
            let length = TimelineText.length(of: texts, limit: limit, budget: budget)
            shortest = min(shortest, length)
            return length
        }
        let consoleLength = length(data.console.lazy.map(\.text))
        for index in data.console.indices {
            data.console[index].text = Format.shortened(data.console[index].text, to: consoleLength)
        }
        let commandLength = length(data.commands.lazy.map(\.text))
        for index in data.commands.indices {
            data.commands[index].text = Format.shortened(data.commands[index].text, to: commandLength)
        }
        let markLength = length(data.marks.lazy.map(\.text))
        for index in data.marks.indices {
            data.marks[index].text = Format.shortened(data.marks[index].text, to: markLength)
        }
        let faultLength = length(data.faults.lazy.map(\.text))
        for index in data.faults.indices {
            data.faults[index].text = Format.shortened(data.faults[index].text, to: faultLength)
        }
        for index in data.verdicts.indices {
            let verdict = data.verdicts[index]
            data.verdicts[index].name = TimelineText.clean(verdict.name, limit: limit)
            data.verdicts[index].reason = verdict.reason.map { TimelineText.clean($0, limit: limit) }
        }
        let verdictLength = length(data.verdicts.lazy.map { $0.name + ($0.reason ?? "") })
        for index in data.verdicts.indices where verdictLength < limit {
            let verdict = data.verdicts[index]
            data.verdicts[index].name = Format.shortened(verdict.name, to: verdictLength / 2)
            data.verdicts[index].reason = verdict.reason.map { Format.shortened($0, to: verdictLength / 2) }
        }
        if shortest < limit { data.notes.append("Texts are cut after \(shortest) characters.") }
    }
}
