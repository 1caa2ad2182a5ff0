internal import Trace

/// Follows commands and checks from their starts to their ends, and keeps the runs that the page shows.
struct RunCollector {
    /// Commands and checks of all machines, in the order of the machines.
    private(set) var commands: [TimelineData.Command] = []
    let sampling: Sampling
    /// Number of runs that began.
    private(set) var count: UInt64 = 0
    private let limits: TimelineLimits
    /// By lane: the index of its first command in `commands`, and the number of its commands.
    private var places: [(first: Int, count: Int)]
    /// By command: the run that has not ended.
    private var open: [TimelineData.Run?]
    /// Numbered in the order of their starts.
    private var runs: [(number: UInt64, run: TimelineData.Run)] = []
    /// By command: the number of its last run; 0 before the first.
    private var numbers: [UInt64]
    /// Failed runs that are kept although they are not in the sample.
    private var extra = 0

    init(_ census: TimelineCensus, limits: TimelineLimits) {
        self.limits = limits
        sampling = census.runs.sampling
        places = Array(repeating: (0, 0), count: census.layout.lanes.count)
        for participant in census.header.participants {
            guard let lane = census.layout.lane(of: participant.id) else { continue }
            let texts = participant.commands
            places[lane] = (commands.count, texts.count)
            let checks = max(0, min(texts.count, participant.checks ?? 0))
            for (index, text) in texts.enumerated() {
                let check = index - (texts.count - checks)
                commands.append(
                    TimelineData.Command(
                        lane: lane, number: UInt64(check >= 0 ? check + 1 : index + 1),
                        text: TimelineText.clean(text, limit: limits.textLength),
                        isCheck: check >= 0))
            }
        }
        open = Array(repeating: nil, count: commands.count)
        numbers = Array(repeating: 0, count: commands.count)
    }

    /// The index of a lane's command. Numbers count from 1; a damaged trace may have others.
    private func place(_ number: UInt64, _ lane: Int) -> Int? {
        let (first, count) = places[lane]
        return number > 0 && number <= UInt64(count) ? first + Int(number) - 1 : nil
    }

    /// What the trace calls by this number, if the header has it.
    func source(_ lane: Int, _ number: UInt64) -> OutputSource? {
        place(number, lane).map { commands[$0].isCheck ? .check(commands[$0].number) : .command(number) }
    }

    mutating func start(_ number: UInt64, _ lane: Int, at time: UInt64) {
        guard let place = place(number, lane) else { return }
        end(place, at: time, status: nil)
        commands[place].runs += 1
        count += 1
        numbers[place] = count
        open[place] = TimelineData.Run(command: place, start: time)
    }

    mutating func end(_ number: UInt64, _ lane: Int, at time: UInt64, status: UInt64) {
        guard let place = place(number, lane) else { return }
        end(place, at: time, status: status)
    }

    /// A machine ends, and with it all its open runs.
    mutating func end(_ lane: Int, at time: UInt64) {
        let (first, count) = places[lane]
        for place in first..<first + count { end(place, at: time, status: nil) }
    }

    private mutating func end(_ place: Int, at time: UInt64?, status: UInt64?) {
        guard var run = open[place] else { return }
        open[place] = nil
        let number = commands[place].runs
        if !sampling.takes(at: run.start, who: place, number: number) {
            guard status.map({ $0 != 0 }) == true, extra < limits.runs / 4 else { return }
            extra += 1
        }
        run.end = time
        run.status = status
        runs.append((numbers[place], run))
    }

    /// Puts commands with their verdicts, and runs, into the page's data; commands that ran earliest where there are
    /// too many. No event follows.
    ///
    /// - Parameter name: the name of a lane's machine in the summary.
    mutating func give(to data: inout TimelineData, _ summary: RunSummary?, name: (Int) -> String) {
        for place in commands.indices { end(place, at: nil, status: nil) }
        judge(summary, name)
        let all = runs.sorted { $0.number < $1.number }.map(\.run)
        guard commands.count > limits.commands else {
            data.commands = commands
            data.runs = all
            return
        }
        let kept = commands.indices.sorted {
            (numbers[$0] == 0 ? .max : numbers[$0], $0) < (numbers[$1] == 0 ? .max : numbers[$1], $1)
        }.prefix(limits.commands).sorted()
        let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
        data.commands = kept.map { commands[$0] }
        data.runs = all.compactMap { run in
            places[run.command].map { place in
                var run = run
                run.command = place
                return run
            }
        }
    }

    private mutating func judge(_ summary: RunSummary?, _ name: (Int) -> String) {
        let machines = Dictionary(
            (summary?.machines ?? []).map { ($0.name, $0.commands) }, uniquingKeysWith: { first, _ in first })
        let checks = Dictionary(
            grouping: (summary?.verdicts ?? []).filter { $0.kind == .check }, by: { $0.machine ?? "" })
        for lane in places.indices where places[lane].count > 0 {
            let name = name(lane)
            var verdicts = (checks[name] ?? [])[...]
            for index in places[lane].first..<places[lane].first + places[lane].count {
                guard commands[index].isCheck else {
                    let place = Int(commands[index].number) - 1
                    let judged = machines[name] ?? []
                    guard place < judged.count else { continue }
                    commands[index].outcome = judged[place].outcome
                    commands[index].sleeps = judged[place].sleeps
                    continue
                }
                guard let verdict = verdicts.popFirst() else { continue }
                commands[index].outcome = verdict.passed ? .passed : .failed
                commands[index].expected = verdict.expected.flatMap { UInt64(exactly: $0) }
            }
        }
    }
}
