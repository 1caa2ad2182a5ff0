// What is under the pointer, in words: lines for the tip.

import { RANK, lastRun, runColour, runEnd, statusText } from './commands.js';
import { PLOT_HEIGHT } from './plots.js';
import { bins, selection } from './plotdata.js';
import { bytesText, durationText, instantText, plural } from './format.js';
import { faultEnd, faultsOfLane } from './faults.js';
import { isFaultLanePinned, laneAt, layout, painted } from './lanes.js';
import { isMissing, lowerBound, valueAt } from './columns.js';
import {
    LOST, MARK_TITLES, UNKNOWN, consoleLines, consoleOfLane, end, fateOf, frames, hasTurns, interfaceName,
    laneEnd, laneStart, lanes, lossReason, marks, sourceName, turns,
    turnsSampledFrom,
} from './model.js';
import { make } from './dom.js';
import { scale } from './view.js';

// Most lines before what is left is not described.
const MOST_TIP_LINES = 14;

const tipLine = (text, kind) => make('div', { class: kind || '' }, text);

// The bar at a point; what was painted last is on top.
export const barAt = (x, y) => painted.bars.findLast(
    (bar) => x >= bar.x0 - 1 && x <= bar.x1 + 1 && y >= bar.y0 && y <= bar.y1);

// At a point of the lanes: marks, bars, else a frame, else the state of the machine.
export function describeLanes(x, y) {
    const lines = [];
    for (const mark of painted.marks) {
        if (Math.abs(mark.x - x) > 5 || Math.abs(mark.y - y) > Math.max(7, layout.marks)) continue;
        if (mark.isConsole) describeConsole(mark, lines);
        else if (mark.faults) for (const fault of mark.faults.slice(0, 8)) describeFault(fault, lines);
        else for (const row of mark.marks.slice(0, 8)) describeMark(row, lines);
        if (lines.length > MOST_TIP_LINES) break;
    }
    const bar = barAt(x, y);
    if (bar && bar.fault) describeFault(bar.fault, lines);
    else if (bar) describeRuns(bar.runs, lines);
    const isOnPinned = isFaultLanePinned() && y < layout.laneHeight;
    if (lines.length === 0 && !isOnPinned) describeFrames(x, y, lines);
    const lane = laneAt(y);
    if (lines.length === 0 && lane >= 0) describeState(lane, x, lines);
    return lines;
}

function describeConsole({ lane, from, to }, lines) {
    const { rows, time } = consoleOfLane[lane];
    const sources = [...new Set(rows.slice(from, to).map(sourceName))];
    const head = sources.join(', ') + ' of ' + lanes.name[lane] + ' at ' + instantText(valueAt(time, from));
    lines.push(tipLine(head, 'head'));
    for (const row of rows.slice(from, Math.min(to, from + 10))) {
        lines.push(tipLine(consoleLines.text[row] || '(empty line)', 'mono'));
    }
    if (to - from > 10) lines.push(tipLine('and ' + (to - from - 10) + ' more', 'dim'));
}

function describeMark(row, lines) {
    lines.push(tipLine(lanes.name[marks.lane[row]] + ': ' + MARK_TITLES[marks.kind[row]] + ' at '
        + instantText(valueAt(marks.time, row)), 'head'));
    if (marks.text[row]) lines.push(tipLine(marks.text[row]));
}

function describeFault(fault, lines) {
    lines.push(tipLine(fault.text, 'head'));
    lines.push(tipLine(fault.isMoment ? 'at ' + instantText(fault.start)
        : stretchText(fault.start, fault.end, faultEnd(fault))));
}

// - until: when it ended, or until when it was seen.
const stretchText = (start, stop, until) => instantText(start) + ' to '
    + (stop === null ? 'the end' : instantText(stop)) + ' (' + durationText(until - start) + ')';

// Of several runs on one pixel those that failed come first.
function describeRuns(runs, lines) {
    const worstFirst = [...runs].sort((a, b) => RANK[runColour(b)] - RANK[runColour(a)]);
    for (const run of worstFirst.slice(0, 4)) describeRun(run, lines);
    if (runs.length > 4) lines.push(tipLine('and ' + (runs.length - 4) + ' more runs here', 'dim'));
}

function describeRun(run, lines) {
    const command = run.command;
    lines.push(tipLine(lanes.name[command.lane] + ' ran ' + (command.isCheck ? 'check ' : 'command ')
        + command.number + runNumber(run), 'head'));
    lines.push(tipLine(command.text, 'mono'));
    lines.push(tipLine(stretchText(run.start, run.end, runEnd(run))));
    lines.push(tipLine(runStatus(run), runColour(run)));
}

function runNumber(run) {
    const { runCount, runs } = run.command;
    if (runCount <= 1n) return '';
    if (runCount !== BigInt(runs.length)) return ', one of ' + plural(runCount, 'run');
    return ', run ' + (runs.indexOf(run) + 1) + ' of ' + runCount;
}

function runStatus(run) {
    if (!run.command.isCheck && run === lastRun(run.command)) return statusText(run.command);
    if (!isMissing(run.status)) return 'exit ' + run.status;
    return run.end === null ? 'still running' : 'cut off: its machine ended';
}

// How far a point is from a line.
function distance({ x0, y0, x1, y1 }, x, y) {
    const [dx, dy] = [x1 - x0, y1 - y0];
    const square = dx * dx + dy * dy;
    const along = square === 0 ? 0 : Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / square));
    return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}

// The arrow nearest to a point, if it is near.
function describeFrames(x, y, lines) {
    let nearest = null;
    let least = 5;
    for (const group of painted.arrows) {
        const far = distance(group.line, x, y);
        if (far >= least) continue;
        least = far;
        nearest = group;
    }
    if (!nearest) return;
    if (nearest.count > 1) describeGroup(nearest, lines);
    else describeFrame(nearest.first, lines);
}

function describeGroup(group, lines) {
    const ends = group.isMixed ? '' : ' from ' + lanes.name[group.from]
        + (group.to === group.from ? '' : ' to ' + lanes.name[group.to]);
    lines.push(tipLine(group.count + ' frames' + ends, 'head'));
    lines.push(tipLine('between ' + instantText(valueAt(frames.sent, group.first)) + ' and '
        + instantText(valueAt(frames.sent, group.last))));
}

function describeFrame(i, lines) {
    const [from, to] = [frames.from[i], frames.to[i]];
    const [sent, delay] = [valueAt(frames.sent, i), valueAt(frames.delay, i)];
    lines.push(tipLine(bytesText(frames.bytes[i]) + ' from ' + interfaceName(from)
        + (to < 0 ? '' : ' to ' + interfaceName(to)), 'head'));
    lines.push(tipLine('sent at ' + instantText(sent)));
    const isLost = fateOf(i) === LOST;
    if (fateOf(i) === UNKNOWN) lines.push(tipLine('its fate is not in the trace', 'dim'));
    else {
        lines.push(tipLine((isLost ? 'lost at ' : 'arrived at ') + instantText(sent + delay) + ', after '
            + durationText(delay), isLost ? 'bad' : ''));
    }
    if (lossReason.get(i)) lines.push(tipLine(lossReason.get(i), 'bad'));
}

function describeState(lane, x, lines) {
    const time = scale.instantAt(x);
    for (const fault of faultsOfLane[lane]) {
        if (time >= fault.start && time <= faultEnd(fault)) describeFault(fault, lines);
    }
    if (laneStart[lane] === null || time < laneStart[lane] || time > (laneEnd[lane] ?? end)) return;
    lines.push(tipLine(lanes.name[lane] + ' at ' + instantText(time), 'head'));
    if (!hasTurns) return;
    const state = stateText(turns[lane], time);
    if (state) lines.push(tipLine(state));
}

function stateText({ start, free }, time) {
    const i = lowerBound(start, time + 1n) - 1;
    if (i < 0) return '';
    const [began, ran] = [valueAt(start, i), valueAt(free, i)];
    if (time - began < BigInt(Math.ceil(1.5 / scale.pixelsPerNanosecond))) {
        const freeRun = ran > 0n ? ', then a free run of ' + durationText(ran) : '';
        return 'turn at ' + instantText(began) + freeRun;
    }
    if (time < began + ran) return 'free run from ' + instantText(began) + ' for ' + durationText(ran);
    const isSampled = turnsSampledFrom !== null && time >= turnsSampledFrom;
    return isSampled ? 'between two sampled turns' : 'waiting';
}

// At a point of the plots.
export function describePlots(x, y) {
    const plot = selection.shown[Math.floor(y / PLOT_HEIGHT)];
    if (!plot) return [];
    return plot.kind === 'reply' ? describeReply(plot, x) : describeThroughput(plot, x);
}

function describeReply({ title, pair }, x) {
    const { time, took } = pair;
    const next = lowerBound(time, scale.instantAt(x));
    const isBeforeNearer = next === time.length
        || (next > 0 && scale.pixelAt(time, next) - x > x - scale.pixelAt(time, next - 1));
    const i = isBeforeNearer ? next - 1 : next;
    if (i < 0 || Math.abs(scale.pixelAt(time, i) - x) > 8) return [];
    return [tipLine(title, 'head'),
        tipLine(durationText(valueAt(took, i)) + ', replied at ' + instantText(valueAt(time, i)))];
}

function describeThroughput(plot, x) {
    const place = Math.floor((x - scale.pixelOf(bins.from)) / (bins.nanoseconds * scale.pixelsPerNanosecond));
    if (!(place >= 0 && place < bins.count)) return [];
    const from = bins.from + BigInt(place) * bins.width;
    const count = plot.frames[place] ? ' in ' + plural(plot.frames[place], 'frame') : '';
    const lines = [tipLine(plot.title, 'head'),
        tipLine(instantText(from) + ' and ' + durationText(bins.width) + ' after it'),
        tipLine(bytesText(plot.sent[place]) + ' sent' + count)];
    if (plot.kind === 'interface') lines.push(tipLine(bytesText(plot.received[place]) + ' received'));
    return lines;
}
