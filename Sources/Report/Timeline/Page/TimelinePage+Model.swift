extension TimelinePage {
    /// The data in the form in which it is painted: columns, and for each lane the places of what is its own.
    static let modelScript = #"""
        const L = raw.lanes;
        const laneCount = L.name.length;
        const end = big(raw.end);
        const hasTurns = raw.level === 'full';

        const turns = raw.turns.map((lane) => ({ t: times(lane.t), r: durations(lane.r) }));
        const activity = raw.activity || null;
        const turnsWhole = instant(raw.turnsWhole);
        const framesWhole = instant(raw.framesWhole);

        const arrows = {
            t: times(raw.arrows.t), d: durations(raw.arrows.d), from: Int32Array.from(raw.arrows.from),
            to: Int32Array.from(raw.arrows.to), bytes: Float64Array.from(raw.arrows.bytes, Number),
            fate: Uint8Array.from(raw.arrows.fate),
        };
        const arrowCount = arrows.t.length;
        const reasonOf = new Map(raw.arrows.lost.map((arrow, i) => [arrow, raw.reasons[raw.arrows.reason[i]]]));
        // What has been sent earlier than this before the view has arrived before it.
        let longestDelay = 0n;
        for (let i = 0; i < arrowCount; i++) {
            if (arrows.d.s[i] > Number(longestDelay / G) - 1) {
                const delay = at(arrows.d, i);
                if (delay > longestDelay) longestDelay = delay;
            }
        }
        const FIRST = 4;
        const LOST = 1;
        const UNKNOWN = 2;
        const areFramesWhole =
            big(arrowCount) === big(raw.totals.deliveries) + big(raw.totals.losses) + big(raw.totals.unknown);
        const interfaceLane = raw.interfaces.lane;
        const interfaceName = (i) => L.name[interfaceLane[i]] + ' ' + raw.interfaces.name[i];

        const consoleLines = { t: times(raw.console.t), lane: raw.console.lane, text: raw.console.text,
            number: raw.console.number };
        const marks = { t: times(raw.marks.t), lane: raw.marks.lane, text: raw.marks.text,
            kind: raw.marks.kind.map((kind) => raw.markKinds[kind]) };

        // By lane: columns of its own, with the places where they came from.
        function split(source) {
            const lanes = Array.from({ length: laneCount }, () => []);
            for (let i = 0; i < source.t.length; i++) lanes[source.lane[i]].push(i);
            return lanes.map((places) => ({
                places,
                t: {
                    s: Float64Array.from(places, (i) => source.t.s[i]),
                    n: Int32Array.from(places, (i) => source.t.n[i]), length: places.length,
                },
            }));
        }
        const consoleOf = split(consoleLines);
        const marksOf = split(marks);

        const began = L.began.map(instant);
        const ended = L.ended.map(instant);
        const commands = raw.commands.lane.map((lane, i) => ({
            lane, number: Number(raw.commands.number[i]), text: raw.commands.text[i], isCheck: raw.commands.check[i] === 1,
            outcome: raw.commands.outcome[i], expected: raw.commands.expected[i], runCount: big(raw.commands.runs[i]), runs: [],
        }));
        const runsOf = Array.from({ length: laneCount }, () => []);
        const runTimes = times(raw.runs.t);
        raw.runs.command.forEach((place, i) => {
            const command = commands[place];
            const run = { command, start: at(runTimes, i), end: instant(raw.runs.end[i]), status: raw.runs.status[i], row: 0 };
            command.runs.push(run);
            runsOf[command.lane].push(run);
        });
        // Until when a run went on, as far as is known.
        const until = (run) => run.end ?? ended[run.command.lane] ?? end;

        // What goes on at the same time stands below each other, in at most three rows; a command stays in its own.
        function arrange(list, stop, owner) {
            const free = [];
            const rowOf = new Map();
            let rows = 0;
            for (const item of list) {
                let row = rowOf.get(owner(item)) ?? -1;
                if (row < 0 || free[row] > item.start) row = free.findIndex((time) => time <= item.start);
                if (row < 0) row = Math.min(free.length, 2);
                free[row] = stop(item);
                rowOf.set(owner(item), row);
                item.row = row;
                rows = Math.max(rows, row + 1);
            }
            return rows;
        }
        let barRows = 0;
        for (const list of runsOf) barRows = Math.max(barRows, arrange(list, until, (run) => run.command));

        const lastRun = (command) => command.runs[command.runs.length - 1] || null;
        function judgement(command) {
            if (command.outcome) return command.outcome;
            const run = lastRun(command);
            if (!run) return 'not started';
            return none(run.status) && run.end === null ? 'still running' : 'ended';
        }
        function statusText(command) {
            const judged = judgement(command);
            const run = lastRun(command);
            const times = command.runCount > 1n ? ', ' + plural(command.runCount, 'run') : '';
            if (!run || none(run.status)) return judged + times;
            return (judged === 'ended' ? '' : judged + ', ') + 'exit ' + run.status + times;
        }
        function commandColour(command) {
            const judged = judgement(command);
            if (judged === 'failed') return 'bad';
            if (judged === 'passed') return 'good';
            const run = lastRun(command);
            return judged === 'ended' && big(run.status ?? 0) === 0n ? 'good' : 'neutral';
        }
        // Of a check each run is judged; of a command the last.
        function runColour(run) {
            const command = run.command;
            if (!command.isCheck && run === lastRun(command)) return commandColour(command);
            if (none(run.status)) return 'neutral';
            if (big(run.status) === big(command.expected ?? 0)) return 'good';
            // One that is tried until it passes may fail before.
            return command.isCheck && command.outcome !== 'passed' ? 'bad' : 'neutral';
        }

        const replies = raw.replies.map((pair) => ({
            asker: pair.asker, answerer: pair.answerer, count: pair.count, least: big(pair.least),
            most: big(pair.most), t: times(pair.t), took: durations(pair.took),
        }));
        """#
}
