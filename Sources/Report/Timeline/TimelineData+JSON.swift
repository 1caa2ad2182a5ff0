internal import Trace

/// The data as the page reads it (Sources/ReportPage/script/model.js): in columns, because an object for each value
/// would need more room for its keys than for the value.
///
/// Instants are sorted, each written as the ns since the one before; a number of 2^53 or more is a string of digits,
/// so that nothing is rounded. The index -1 means none.
extension TimelineData {
    /// The title of the page: the lab and its result.
    var title: String {
        let result = summary?.result.rawValue ?? (isFinished ? "finished" : "not finished")
        return "\(TimelineText.clean(header.lab, limit: 200)): \(result) – timeline"
    }

    func json(limits: TimelineLimits) -> String {
        var json = TimelineJSON()
        json.object { json in
            json.field("lab", TimelineText.clean(header.lab, limit: 200))
            json.field("seed", String(header.seed))
            json.field("start", header.start)
            json.field("end", end)
            json.field("events", events)
            json.field("level", header.level)
            json.field("finished", isFinished)
            json.field("hasLab", lanes.count > header.participants.count)
            json.field("hash", hash ?? summary?.hash)
            json.texts("notes", notes)
            json.field("turnsWhole", sampledFrom.turns)
            json.field("framesWhole", sampledFrom.frames)
            writeTotals(&json)
            writeSummary(&json, limits)
            writeFailures(&json)
            writeLanes(&json)
            writeNetworks(&json)
            writeTurns(&json)
            writeCommands(&json)
            writeMarks(&json)
            writeFaults(&json)
            writeVerdicts(&json)
            writeArrows(&json)
            writeReplies(&json)
            writeSums(&json)
        }
        return json.text
    }

    private func writeTotals(_ json: inout TimelineJSON) {
        json.object("totals") { json in
            json.field("turns", totals.turns)
            json.field("freeRuns", totals.freeRuns)
            json.field("frames", totals.frames)
            json.field("deliveries", totals.deliveries)
            json.field("losses", totals.losses)
            json.field("unknown", totals.unknownFates)
            json.field("console", totals.consoleLines)
            json.field("commands", totals.commands)
            json.field("runs", totals.runs)
            json.field("faults", totals.faults)
            json.field("replies", totals.replies)
        }
    }

    private func writeSummary(_ json: inout TimelineJSON, _ limits: TimelineLimits) {
        guard let summary else { return }
        json.object("summary") { json in
            json.field("result", summary.result.rawValue)
            json.field("reason", summary.reason.map { TimelineText.clean($0, limit: 1000) })
            json.field("simulated", summary.virtualNanoseconds)
            json.field("wall", summary.wallNanoseconds)
            json.field("tool", summary.toolVersion)
            json.field("jobs", UInt64(clamping: summary.jobs))
            json.field("kernel", summary.kernel.map { TimelineText.clean($0.version, limit: 100) })
            json.field("repeat", summary.repeatCommand.map { TimelineText.clean($0, limit: 4000) })
            let costs = summary.machines.filter { $0.wallNanoseconds != nil }
                .sorted { ($1.wallNanoseconds ?? 0, $0.id) < ($0.wallNanoseconds ?? 0, $1.id) }
            let shown = costs.prefix(limits.costs)
            json.field("costCount", UInt64(costs.count))
            json.field("costWall", costs.reduce(0) { $0 &+ ($1.wallNanoseconds ?? 0) })
            json.texts("costName", shown.map { TimelineText.clean($0.name, limit: 64) })
            json.numbers("cost", shown.map { $0.wallNanoseconds ?? 0 })
            json.array("costAlone") { json in
                for machine in shown { json.element(machine.aloneNanoseconds) }
            }
            json.array("costTurns") { json in for machine in shown { json.element(machine.turns) } }
        }
    }

    private func writeFailures(_ json: inout TimelineJSON) {
        json.array("failures") { json in
            for failure in failures {
                json.object { json in
                    json.field("machine", failure.machine.map { TimelineText.clean($0, limit: 64) })
                    json.field("text", TimelineText.clean(failure.text, limit: 400))
                    json.field("time", failure.nanoseconds)
                    json.texts("lines", failure.lines.map { TimelineText.clean($0, limit: 400) })
                }
            }
        }
    }

    private func writeLanes(_ json: inout TimelineJSON) {
        json.object("lanes") { json in
            json.texts("name", lanes.map(\.name))
            json.array("model") { json in for lane in lanes { json.element(lane.model) } }
            json.array("began") { json in for lane in lanes { json.element(lane.began) } }
            json.array("ended") { json in for lane in lanes { json.element(lane.ended) } }
            json.texts("ending", lanes.map { Format.shortened($0.ending, to: 60) })
            json.numbers("turns", lanes.map(\.turns))
            json.numbers("freeRuns", lanes.map(\.freeRuns))
            json.numbers("ownWakes", lanes.map(\.ownWakes))
            json.numbers("free", lanes.map(\.freeNanoseconds))
            json.numbers("sent", lanes.map(\.framesSent))
            json.numbers("bytesSent", lanes.map(\.bytesSent))
            json.numbers("received", lanes.map(\.framesReceived))
            json.numbers("bytesReceived", lanes.map(\.bytesReceived))
            json.numbers("lost", lanes.map(\.framesLost))
            json.numbers("console", lanes.map(\.consoleLines))
        }
    }

    private func writeNetworks(_ json: inout TimelineJSON) {
        json.object("networks") { json in
            json.texts("name", header.networks.map { TimelineText.clean($0.name, limit: 64) })
            json.numbers("latency", header.networks.map(\.latency))
        }
        json.object("interfaces") { json in
            json.indices("lane", interfaces.map(\.lane))
            json.texts("name", interfaces.map(\.name))
            json.indices("network", interfaces.map { $0.network ?? -1 })
            json.array("address") { json in for interface in interfaces { json.element(interface.address) } }
        }
    }

    private func writeTurns(_ json: inout TimelineJSON) {
        json.array("turns") { json in
            for turns in turns {
                json.object { json in
                    json.times("t", turns.lazy.map(\.time))
                    json.numbers("r", turns.lazy.map(\.ran))
                }
            }
        }
    }

    private func writeCommands(_ json: inout TimelineJSON) {
        json.object("commands") { json in
            json.indices("lane", commands.map(\.lane))
            json.numbers("number", commands.map(\.number))
            json.texts("text", commands.map(\.text))
            json.indices("check", commands.map { $0.isCheck ? 1 : 0 })
            json.array("outcome") { json in
                for command in commands { json.element(command.outcome?.rawValue) }
            }
            json.array("sleeps") { json in for command in commands { json.element(command.sleeps) } }
            json.array("expected") { json in for command in commands { json.element(command.expected) } }
            json.numbers("runs", commands.map(\.runs))
        }
        json.object("runs") { json in
            json.times("t", runs.lazy.map(\.start))
            json.indices("command", runs.map(\.command))
            json.array("end") { json in for run in runs { json.element(run.end) } }
            json.array("status") { json in for run in runs { json.element(run.status) } }
        }
    }

    private func writeFaults(_ json: inout TimelineJSON) {
        json.object("faults") { json in
            json.times("t", faults.lazy.map(\.began))
            json.array("end") { json in for fault in faults { json.element(fault.ended) } }
            json.indices("moment", faults.map { $0.isMoment ? 1 : 0 })
            json.indices("lane", faults.map { $0.lane ?? -1 })
            json.indices("effect", faults.map(\.effect.rawValue))
            json.texts("text", faults.map(\.text))
        }
        json.object("losses") { json in
            json.indices("reason", losses.map(\.reason))
            json.numbers("frames", losses.map(\.frames))
            json.numbers("first", losses.map(\.first))
            json.numbers("last", losses.map(\.last))
        }
    }

    private func writeVerdicts(_ json: inout TimelineJSON) {
        json.object("verdicts") { json in
            json.texts("kind", verdicts.map(\.kind.rawValue))
            json.array("machine") { json in
                for verdict in verdicts {
                    json.element(verdict.machine.map { TimelineText.clean($0, limit: 64) })
                }
            }
            json.texts("name", verdicts.map(\.name))
            json.indices("passed", verdicts.map { $0.passed ? 1 : 0 })
            json.array("reason") { json in for verdict in verdicts { json.element(verdict.reason) } }
            json.array("time") { json in for verdict in verdicts { json.element(verdict.nanoseconds) } }
            json.array("runs") { json in
                for verdict in verdicts { json.element(verdict.runs.map { UInt64(clamping: $0) }) }
            }
        }
    }

    private func writeMarks(_ json: inout TimelineJSON) {
        json.object("console") { json in
            json.times("t", console.lazy.map(\.time))
            json.indices("lane", console.map(\.lane))
            json.array("source") { json in for line in console { json.element(line.source.number) } }
            json.texts("text", console.map(\.text))
        }
        json.object("marks") { json in
            json.times("t", marks.lazy.map(\.time))
            json.indices("lane", marks.map(\.lane))
            json.indices("kind", marks.map(\.kind.rawValue))
            json.texts("text", marks.map(\.text))
        }
        json.texts("markKinds", Mark.Kind.allCases.map { "\($0)" })
    }

    private func writeArrows(_ json: inout TimelineJSON) {
        json.object("arrows") { json in
            json.times("t", arrows.lazy.map(\.sent))
            json.numbers("d", arrows.lazy.map(\.delay))
            json.indices("from", arrows.lazy.map(\.from))
            json.indices("to", arrows.lazy.map { $0.to ?? -1 })
            json.numbers("bytes", arrows.lazy.map(\.bytes))
            // The fate, plus 4 for the first arrow of its frame.
            json.indices("fate", arrows.lazy.map { $0.fate.rawValue + ($0.isFirst ? 4 : 0) })
            json.indices("lost", arrows.indices.lazy.filter { arrows[$0].reason != nil })
            json.indices("reason", arrows.lazy.compactMap(\.reason))
        }
        json.texts("reasons", reasons)
    }

    private func writeReplies(_ json: inout TimelineJSON) {
        json.array("replies") { json in
            for pair in replies {
                json.object { json in
                    json.field("asker", UInt64(pair.asker))
                    json.field("answerer", UInt64(pair.answerer))
                    json.field("count", pair.count)
                    json.field("least", pair.least)
                    json.field("most", pair.most)
                    json.times("t", pair.samples.lazy.map(\.time))
                    json.numbers("took", pair.samples.lazy.map(\.took))
                }
            }
        }
    }

    private func writeSums(_ json: inout TimelineJSON) {
        if let activity {
            json.object("activity") { json in
                json.field("width", activity.buckets.width)
                json.array("turns") { json in for row in activity.turns { json.row(row) } }
                json.array("free") { json in for row in activity.free { json.row(row) } }
            }
        }
        if let series {
            json.object("series") { json in
                json.field("width", series.buckets.width)
                json.indices("interfaces", series.interfaces)
                json.array("sent") { json in for row in series.sent { json.row(row) } }
                json.array("received") { json in for row in series.received { json.row(row) } }
                json.array("networks") { json in for row in networkSeries { json.row(row) } }
            }
        }
    }
}

extension OutputSource {
    /// Twice the number of the command, or twice that of the check plus one; 0 for the console.
    fileprivate var number: UInt64 {
        switch self {
        case .console: 0
        case .command(let number): 2 &* number
        case .check(let number): 2 &* number &+ 1
        }
    }
}
