/// Wall-clock time of a run.
package struct WallCosts: Sendable {
    /// ns.
    package struct Cost: Hashable, Sendable {
        /// Time in its turns.
        package var total: UInt64
        /// The part of it in which no other participant ran: all others waited for it.
        package var alone: UInt64

        package init(total: UInt64, alone: UInt64) {
            self.total = total
            self.alone = alone
        }
    }

    /// Of the whole run, ns.
    package var total: UInt64
    /// By name; models, which run in almanac's own process, have none.
    package var participants: [String: Cost]

    package init(total: UInt64, participants: [String: Cost]) {
        self.total = total
        self.participants = participants
    }
}

extension TraceStatistics {
    /// Most rows of a table; one more row has the sums of the others.
    package static let rowLimit = 50

    /// The statistics as tables, each line with its newline. Simulated times and counts are exact; wall-clock times
    /// are cut.
    ///
    /// - Parameters:
    ///   - width: columns of the terminal; names are shortened to fit, numbers are not.
    ///   - wall: the wall-clock times, if known: they add columns and determine the order.
    ///   - sleepers: the commands of machines whose programs went to sleep most often, by name of the machine.
    package func text(width: Int = 100, wall: WallCosts? = nil, sleepers: [String: String] = [:]) -> String {
        var sections = [summary(wall)]
        if hasDetails || wall != nil { sections.append(turnTable(wall).lines(width)) }
        sections.append(trafficTable().lines(width))
        sections.append(dropTable().lines(width))
        if hasDetails, simulatedTime >= Self.minute { sections.append(paceTable(sleepers).lines(width)) }
        if hasDetails { sections.append(waitTable().lines(width)) }
        sections.append(kindTable().lines(width))
        return sections.filter { !$0.isEmpty }.map { $0.map { $0 + "\n" }.joined() }.joined(separator: "\n")
    }

    private func summary(_ wall: WallCosts?) -> [String] {
        let events = counts.total
        let each = events > 0 ? ", \(Self.tenths(UInt64(byteCount), of: events)) an event" : ""
        var lines = [
            "lab \(header.lab), seed \(header.seed): \(header.participants.count) participants",
            "\(events) events, \(byteCount) bytes\(each)",
            "simulated time \(TraceEvent.duration(simulatedTime)), hash \(TraceHash.text(hash))",
        ]
        if faults > 0 { lines.append("\(faults) fault\(faults == 1 ? "" : "s")") }
        if !isFinished { lines.append("not finished: the run continues or was killed") }
        if !hasDetails {
            lines.append("turns, messages and waits are unknown: the trace holds \(header.level) only")
        }
        if framesOfUnknownLength > 0 {
            lines.append(
                "\(framesOfUnknownLength) delivered or dropped frames are of unknown length: too many frames were sent after them"
            )
        }
        if let wall, simulatedTime > 0 {
            let (high, low) = wall.total.multipliedFullWidth(by: 1_000_000_000)
            let each = high < simulatedTime ? simulatedTime.dividingFullWidth((high, low)).quotient : .max
            lines.append("wall time per simulated second \(Self.rough(each))")
        }
        return lines
    }

    // MARK: Tables

    private func turnTable(_ wall: WallCosts?) -> Table {
        let costs = participants.map { wall?.participants[$0.name] }
        let order = participants.indices.sorted { a, b in
            let (first, second) = (costs[a]?.total ?? 0, costs[b]?.total ?? 0)
            if first != second { return first > second }
            return (participants[a].turns, b) > (participants[b].turns, a)
        }
        var columns = [Table.Column.name("participant")]
        if hasDetails {
            columns += ["turns", "messages", "notifications", "free-running", "idle"].map { .number($0) }
        }
        if wall != nil { columns += ["wall", "wall share", "alone"].map { .number($0) } }
        var table = Table(columns: columns)
        func row(_ name: String, _ indices: [Int]) -> [String] {
            var row = [name]
            if hasDetails {
                let some = indices.map { participants[$0] }
                row += [some.map(\.turns), some.map(\.messages), some.map(\.notifications)]
                    .map { "\(Self.sum($0))" }
                row += [some.map(\.freeRunning), some.map(idle)].map { TraceEvent.duration(Self.sum($0)) }
            }
            guard let wall else { return row }
            let known = indices.compactMap { costs[$0] }
            guard !known.isEmpty else { return row + ["-", "-", "-"] }
            let total = Self.sum(known.map(\.total))
            return row + [
                Self.rough(total), Self.percent(total, of: wall.total),
                Self.rough(Self.sum(known.map(\.alone))),
            ]
        }
        table.fill(order, limit: Self.rowLimit) {
            row(participants[$0].name, [$0])
        } rest: {
            row("\($0.count) more", $0)
        }
        return table
    }

    private func trafficTable() -> Table {
        var table = Table(columns: [
            .name("participant"), .number("sent"), .number("bytes"), .number("delivered"), .number("bytes"),
            .number("dropped"), .number("bytes"), .number("console lines"), .number("commands"),
        ])
        func frames(_ index: Int) -> UInt64 {
            participants[index].sent.frames + participants[index].delivered.frames
        }
        func row(_ name: String, _ some: [Participant]) -> [String] {
            let traffic = [some.map(\.sent), some.map(\.delivered), some.map(\.dropped)]
            return [name]
                + traffic.flatMap { ["\(Self.sum($0.map(\.frames)))", "\(Self.sum($0.map(\.bytes)))"] }
                + ["\(Self.sum(some.map(\.consoleLines)))", "\(Self.sum(some.map(\.commands)))"]
        }
        let order = participants.indices.sorted { (frames($0), $1) > (frames($1), $0) }
        table.fill(order, limit: Self.rowLimit) {
            row(participants[$0].name, [participants[$0]])
        } rest: {
            row("\($0.count) more", $0.map { participants[$0] })
        }
        return table
    }

    private static let minute: UInt64 = 60_000_000_000
    /// Most participants in the table of what set the pace.
    private static let paceLimit = 10

    /// Who woke by itself most often: simulated time jumps no further than to the next wake of any machine.
    private func paceTable(_ sleepers: [String: String]) -> Table {
        var columns: [Table.Column] = [
            .name("kept time from jumping"), .number("own wakes"), .number("a simulated minute"),
        ]
        if !sleepers.isEmpty { columns.append(.name("times that commands went to sleep")) }
        var table = Table(columns: columns)
        let minutes = Double(simulatedTime) / Double(Self.minute)
        let wakes = participants.map { $0.waits[.timer]?.turns ?? 0 }
        let order = participants.indices.filter { wakes[$0] > 0 }.sorted { (wakes[$0], $1) > (wakes[$1], $0) }
        table.fill(Array(order.prefix(Self.paceLimit))) {
            let name = participants[$0].name
            let rate = (Double(wakes[$0]) / minutes * 10).rounded(.down) / 10
            return [name, "\(wakes[$0])", "\(rate)"] + (sleepers.isEmpty ? [] : [sleepers[name] ?? ""])
        }
        return table
    }

    /// Dropped frames by reason, the most frequent reason first.
    private func dropTable() -> Table {
        var table = Table(columns: [.name("dropped because"), .number("frames"), .number("bytes")])
        let rows = dropped.sorted { ($0.value.frames, $1.key) > ($1.value.frames, $0.key) }
        func row(_ name: String, _ some: [Traffic]) -> [String] {
            [name, "\(Self.sum(some.map(\.frames)))", "\(Self.sum(some.map(\.bytes)))"]
        }
        table.fill(rows, limit: Self.rowLimit) {
            row($0.key.isEmpty ? "other reasons" : $0.key, [$0.value])
        } rest: {
            row("\($0.count) more reasons", $0.map(\.value))
        }
        return table
    }

    /// Waits by participant and cause, the longest first.
    private func waitTable() -> Table {
        var rows: [(index: Int, cause: Cause, wait: Wait)] = []
        for (index, participant) in participants.enumerated() {
            for (cause, wait) in participant.waits { rows.append((index, cause, wait)) }
        }
        // Dictionaries have no order: the last keys make the order total.
        rows.sort { a, b in
            if a.wait.time != b.wait.time { return a.wait.time > b.wait.time }
            if a.wait.turns != b.wait.turns { return a.wait.turns > b.wait.turns }
            return (a.index, rank(a.cause)) < (b.index, rank(b.cause))
        }
        var table = Table(columns: [
            .name("who waited"), .name("for"), .number("turns"), .number("simulated time"),
        ])
        table.fill(rows, limit: Self.rowLimit) { row in
            [
                participants[row.index].name, text(row.cause), "\(row.wait.turns)",
                TraceEvent.duration(row.wait.time),
            ]
        } rest: { rows in
            [
                "\(rows.count) more", "", "\(Self.sum(rows.map(\.wait.turns)))",
                TraceEvent.duration(Self.sum(rows.map(\.wait.time))),
            ]
        }
        return table
    }

    private func kindTable() -> Table {
        var table = Table(columns: [.name("kind"), .number("events"), .number("share")])
        let total = counts.total
        let kinds = TraceEvent.Kind.allCases.filter { counts[$0] > 0 }
            .sorted { (counts[$0], $1.rawValue) > (counts[$1], $0.rawValue) }
        table.fill(kinds) { [$0.name, "\(counts[$0])", Self.percent(counts[$0], of: total)] }
        return table
    }

    private func text(_ cause: Cause) -> String {
        switch cause {
        case .timer: "own timer"
        case .lab: "the lab"
        case .participant(let id): header.name(of: id)
        case .others: "others"
        }
    }

    private func rank(_ cause: Cause) -> UInt64 {
        switch cause {
        case .timer: 0
        case .lab: 1
        case .participant(let id): 2 + UInt64(id)
        case .others: .max
        }
    }

    // MARK: Numbers

    private static func sum(_ numbers: [UInt64]) -> UInt64 { numbers.reduce(0) { $0.increased(by: $1) } }

    /// `value / whole` with one digit after the point, cut.
    private static func tenths(_ value: UInt64, of whole: UInt64) -> String {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: whole)
        // The quotient is below ten, because the remainder is less than `whole`.
        return "\(quotient).\(whole.dividingFullWidth(remainder.multipliedFullWidth(by: 10)).quotient)"
    }

    private static func percent(_ value: UInt64, of whole: UInt64) -> String {
        let (hundredfold, overflow) = value.multipliedReportingOverflow(by: 100)
        guard whole > 0, !overflow else { return "-" }
        return "\(tenths(hundredfold, of: whole)) %"
    }

    /// Wall-clock time: three digits, cut.
    static func rough(_ nanoseconds: UInt64) -> String {
        var unit: UInt64 = 1
        while nanoseconds / unit >= 1000 { unit *= 10 }
        return TraceEvent.duration(nanoseconds / unit * unit)
    }
}

/// A table with aligned columns.
private struct Table {
    enum Column {
        /// Left-aligned, and shortened when a line is too long.
        case name(String)
        /// Right-aligned.
        case number(String)

        var title: String {
            switch self {
            case .name(let title), .number(let title): title
            }
        }

        var isName: Bool {
            if case .name = self { true } else { false }
        }
    }

    private static let gap = 2
    /// The least width of a column of names.
    private static let leastName = 8

    let columns: [Column]
    private var rows: [[String]] = []

    init(columns: [Column]) { self.columns = columns }

    /// A row for each of the first `limit` values, and one for all others.
    mutating func fill<Value>(
        _ values: [Value], limit: Int = .max, row: (Value) -> [String],
        rest: ([Value]) -> [String] = { _ in [] }
    ) {
        rows += values.prefix(limit).map(row)
        if values.count > limit { rows.append(rest(Array(values.dropFirst(limit)))) }
    }

    /// Empty if there are no rows.
    func lines(_ width: Int) -> [String] {
        guard !rows.isEmpty else { return [] }
        let all = [columns.map(\.title)] + rows
        var widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        // The widest column of names is shortened first.
        while widths.reduce(0, +) + Self.gap * (widths.count - 1) > width,
            let widest = columns.indices.filter({ columns[$0].isName }).max(by: { widths[$0] < widths[$1] }),
            widths[widest] > Self.leastName
        {
            widths[widest] -= 1
        }
        return all.map { row in
            var line = ""
            for (index, text) in row.enumerated() {
                let text = text.count <= widths[index] ? text : text.prefix(widths[index] - 1) + "…"
                let padding = String(repeating: " ", count: widths[index] - text.count)
                if index > 0 { line += String(repeating: " ", count: Self.gap) }
                line += columns[index].isName ? text + padding : padding + text
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
