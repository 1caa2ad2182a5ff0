// Commands and checks, their runs, and how they were judged.

import { instants, isMissing, toInstant, valueAt } from './columns.js';
import { data } from './data.js';
import { plural } from './format.js';
import { end, laneCount, laneEnd } from './model.js';
import { assignRows } from './rows.js';

export const commands = data.commands.lane.map((lane, i) => ({
    lane, number: Number(data.commands.number[i]), text: data.commands.text[i],
    isCheck: data.commands.check[i] === 1, outcome: data.commands.outcome[i], expected: data.commands.expected[i],
    runCount: BigInt(data.commands.runs[i]), sleeps: toInstant(data.commands.sleeps[i]), runs: [],
}));

export const runCount = data.runs.t.length;
// By lane, in the order of their starts.
export const runsOfLane = Array.from({ length: laneCount }, () => []);
const runStarts = instants(data.runs.t);
data.runs.command.forEach((index, i) => {
    const command = commands[index];
    const run = {
        command, start: valueAt(runStarts, i), end: toInstant(data.runs.end[i]), status: data.runs.status[i], row: 0,
    };
    command.runs.push(run);
    runsOfLane[command.lane].push(run);
});

// When a run ended, or until when its machine was seen.
export const runEnd = (run) => run.end ?? laneEnd[run.command.lane] ?? end;

export const commandRows = runsOfLane.reduce(
    (most, runs) => Math.max(most, assignRows(runs, runEnd, (run) => run.command)), 0);

export const lastRun = (command) => command.runs[command.runs.length - 1] || null;

function outcomeOf(command) {
    if (command.outcome) return command.outcome;
    const run = lastRun(command);
    if (!run) return 'not started';
    return isMissing(run.status) && run.end === null ? 'still running' : 'ended';
}

// `passed, exit 0, 3 runs`.
export function statusText(command) {
    const outcome = outcomeOf(command);
    const run = lastRun(command);
    const runs = command.runCount > 1n ? ', ' + plural(command.runCount, 'run') : '';
    if (!run || isMissing(run.status)) return outcome + runs;
    return (outcome === 'ended' ? '' : outcome + ', ') + 'exit ' + run.status + runs;
}

// good, neutral or bad: names of colours.
export function commandColour(command) {
    const outcome = outcomeOf(command);
    if (outcome === 'failed') return 'bad';
    if (outcome === 'passed') return 'good';
    const run = lastRun(command);
    return outcome === 'ended' && BigInt(run.status ?? 0) === 0n ? 'good' : 'neutral';
}

// Each run of a check is judged; of a command only the last.
export function runColour(run) {
    const command = run.command;
    if (!command.isCheck && run === lastRun(command)) return commandColour(command);
    if (isMissing(run.status)) return 'neutral';
    if (BigInt(run.status) === BigInt(command.expected ?? 0)) return 'good';
    // A check that is repeated until it passes may fail before.
    return command.isCheck && command.outcome !== 'passed' ? 'bad' : 'neutral';
}

// Where several runs are merged, the worst decides the colour.
export const RANK = { good: 0, neutral: 1, bad: 2 };
export const COLOUR_OF_RANK = ['good', 'neutral', 'bad'];
