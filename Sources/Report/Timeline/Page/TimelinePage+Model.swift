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

        const commands = raw.commands.lane.map((lane, i) => ({
            lane, number: raw.commands.number[i], text: raw.commands.text[i], start: instant(raw.commands.start[i]),
            end: instant(raw.commands.end[i]), status: raw.commands.status[i], outcome: raw.commands.outcome[i],
            row: 0, index: i,
        }));
        const began = L.began.map(instant);
        const ended = L.ended.map(instant);
        const commandsOf = Array.from({ length: laneCount }, () => []);
        for (const command of commands) if (command.start !== null) commandsOf[command.lane].push(command);
        // Until when a command ran, as far as is known.
        const until = (command) => command.end ?? ended[command.lane] ?? end;

        // Commands that run at the same time stand below each other, in at most three rows.
        let commandRows = 0;
        for (const list of commandsOf) {
            list.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : a.index - b.index));
            const free = [];
            for (const command of list) {
                let row = free.findIndex((time) => time <= command.start);
                if (row < 0) row = Math.min(free.length, 2);
                free[row] = until(command);
                command.row = row;
                commandRows = Math.max(commandRows, row + 1);
            }
        }
        function judgement(command) {
            if (command.outcome) return command.outcome;
            if (command.start === null) return 'not started';
            if (none(command.status)) return command.end === null ? 'still running' : 'ended';
            return 'ended';
        }
        function statusText(command) {
            const judged = judgement(command);
            if (none(command.status)) return judged;
            return (judged === 'ended' ? '' : judged + ', ') + 'exit ' + command.status;
        }
        function commandColour(command) {
            const judged = judgement(command);
            if (judged === 'failed') return 'bad';
            if (judged === 'passed') return 'good';
            return judged === 'ended' && big(command.status ?? 0) === 0n ? 'good' : 'neutral';
        }

        const replies = raw.replies.map((pair) => ({
            asker: pair.asker, answerer: pair.answerer, count: pair.count, least: big(pair.least),
            most: big(pair.most), t: times(pair.t), took: durations(pair.took),
        }));
        """#
}
