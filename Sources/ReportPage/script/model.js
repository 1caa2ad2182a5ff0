// The run as the page's parts use it: lanes, turns, frames, console lines, marks.

import { SECOND, durations, instants, selected, toInstant, valueAt } from './columns.js';
import { data } from './data.js';
import { dateText } from './format.js';

// Columns by lane, see TimelineData.Lane.
export const lanes = data.lanes;
export const laneCount = lanes.name.length;
export const allLanes = Array.from({ length: laneCount }, (none, lane) => lane);
// What happened to the lab itself has the first lane.
export const isLab = (lane) => data.hasLab && lane === 0;
// When machines started and ended; null where they did not.
export const laneStart = lanes.began.map(toInstant);
export const laneEnd = lanes.ended.map(toInstant);

export const end = BigInt(data.end);
export const dateAt = (time) => dateText(BigInt(data.start) + time);

// Turns by lane: when each began, and for how long the machine then ran freely.
export const hasTurns = data.level === 'full';
export const turns = data.turns.map((lane) => ({ start: instants(lane.t), free: durations(lane.r) }));
// Where turns are sampled: sums of all turns by lane, over equal parts of the run.
export const activity = data.activity || null;
export const activityWidth = activity && BigInt(activity.width);
// From when on turns and frames are a sample; null where all are on the page.
export const turnsSampledFrom = toInstant(data.turnsWhole);
export const framesSampledFrom = toInstant(data.framesWhole);

// Frames, one row for each receiver.
export const frames = {
    sent: instants(data.arrows.t), delay: durations(data.arrows.d), from: Int32Array.from(data.arrows.from),
    to: Int32Array.from(data.arrows.to), bytes: Float64Array.from(data.arrows.bytes, Number),
    flags: Uint8Array.from(data.arrows.fate),
};
export const frameCount = frames.sent.length;
export const ARRIVED = 0;
export const LOST = 1;
export const UNKNOWN = 2;
export const fateOf = (i) => frames.flags[i] & 3;
// Of a broadcast's rows the first counts as sent.
export const isFirstOfFrame = (i) => (frames.flags[i] & 4) !== 0;

// Which frame each entry is a copy of: copies of a frame stand one after the other.
export const frameNumber = new Int32Array(frameCount);
for (let i = 0; i < frameCount; i++) {
    frameNumber[i] = (i > 0 ? frameNumber[i - 1] : 0) + (isFirstOfFrame(i) ? 1 : 0);
}
export const lossReason = new Map(data.arrows.lost.map((row, i) => [row, data.reasons[data.arrows.reason[i]]]));

// A frame that was sent earlier than this before an instant has arrived by then.
export const longestDelay = (() => {
    let longest = 0n;
    for (let i = 0; i < frameCount; i++) {
        if (frames.delay.seconds[i] <= Number(longest / SECOND) - 1) continue;
        const delay = valueAt(frames.delay, i);
        if (delay > longest) longest = delay;
    }
    return longest;
})();

export const interfaceLane = data.interfaces.lane;
export const interfaceName = (i) => lanes.name[interfaceLane[i]] + ' ' + data.interfaces.name[i];

// Lines of consoles and of what commands and checks wrote.
export const consoleLines = {
    time: instants(data.console.t), lane: data.console.lane, source: data.console.source, text: data.console.text,
};
// 0 is the console; else twice the number of a command, or twice that of a check plus one.
export const isOutput = (i) => Number(consoleLines.source[i]) > 0;
export function sourceName(i) {
    const source = Number(consoleLines.source[i]);
    if (source === 0) return 'console';
    return (source % 2 === 0 ? 'command ' : 'check ') + Math.floor(source / 2);
}
export const marks = {
    time: instants(data.marks.t), lane: data.marks.lane, text: data.marks.text,
    kind: data.marks.kind.map((kind) => data.markKinds[kind]),
};
export const MARK_TITLES = {
    up: 'is up', end: 'ended', leave: 'left the calendar', problem: 'problem', fault: 'fault', alarm: 'time limit',
};

// By lane: the rows of the source, and their instants.
function byLane(source) {
    const rows = Array.from({ length: laneCount }, () => []);
    for (let i = 0; i < source.time.length; i++) rows[source.lane[i]].push(i);
    return rows.map((own) => ({ rows: own, time: selected(source.time, own) }));
}
export const consoleOfLane = byLane(consoleLines);
export const marksOfLane = byLane(marks);

export const replies = data.replies.map((pair) => ({
    asker: pair.asker, answerer: pair.answerer, count: pair.count, least: BigInt(pair.least),
    most: BigInt(pair.most), time: instants(pair.t), took: durations(pair.took),
}));
