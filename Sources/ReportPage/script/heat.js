// The heat strip: all lanes at once, a thin row each, as busy as they are in the time that is shown.

import { GUTTER, LEFT, MARGIN, scale, scroller } from './view.js';
import { SMALL, colour, prepare } from './canvas.js';
import { byId } from './dom.js';
import { countLane } from './states.js';
import { hasTurns, isLab, laneStart, marks, marksOfLane } from './model.js';
import { attachWheel } from './pointer.js';
import { eachStretch, largest } from './sampling.js';
import { laneOfRow, layout, rowCount, shownLanes } from './lanes.js';
import { runColour, runEnd, runsOfLane } from './commands.js';
import { valueAt } from './columns.js';

// From how many lanes on there is a strip, and how high it is at most.
const MANY_LANES = 30;
const MOST_STRIP_HEIGHT = 180;
const HEAT_LEVELS = 12;
// Width of a cell in pixels.
const CELL_WIDTH = 4;

const hasHeat = () => hasTurns && rowCount() >= MANY_LANES;
const stripRowHeight = () => Math.max(1, Math.min(4, Math.floor(MOST_STRIP_HEIGHT / rowCount())));
const stripHeight = () => Math.min(MOST_STRIP_HEIGHT, rowCount() * stripRowHeight());
const stripTop = (row) => Math.floor(row * stripHeight() / rowCount());

export function paintHeat() {
    byId('heat').hidden = !hasHeat();
    if (!hasHeat()) return;
    const width = byId('overview').clientWidth;
    const height = stripHeight();
    byId('heat').style.height = height + 'px';
    const context = prepare(byId('heat'), width, height);
    context.font = SMALL;
    context.textBaseline = 'top';
    context.fillStyle = colour.dim;
    context.fillText('turns of all rows', 10, 4);
    const rows = countedRows();
    const most = Math.log1p(Math.max(0, ...rows.map((counts) => (counts ? largest(counts) : 0))));
    context.save();
    context.translate(LEFT, 0);
    rows.forEach((counts, row) => { if (counts && most > 0) paintHeatRow(context, counts, row, most); });
    for (let row = 0; row < rowCount(); row++) paintHeatFailures(context, laneOfRow(row), row);
    context.restore();
    paintViewMark(context, height);
}

// What was counted last: it stays until another window or other lanes are shown.
const counted = { scale: null, lanes: null, rows: [] };
function countedRows() {
    if (counted.scale !== scale || counted.lanes !== shownLanes.lanes) {
        Object.assign(counted, { scale, lanes: shownLanes.lanes, rows: mergedRows() });
    }
    return counted.rows;
}

// The turns of rows by cell; of rows on one pixel the most in each cell, at the first of them.
function mergedRows() {
    const rows = [];
    let first = 0;
    for (let row = 0; row < rowCount(); row++) {
        const counts = countHeatRow(laneOfRow(row));
        if (stripTop(row) !== stripTop(first)) first = row;
        if (row === first || !rows[first] || !counts) rows[first] = rows[first] || counts;
        else rows[first] = rows[first].map((count, i) => Math.max(count, counts[i]));
        if (row !== first) rows[row] = null;
    }
    return rows;
}

// Turns by cell; null for a lane without any.
function countHeatRow(lane) {
    if (isLab(lane) || laneStart[lane] === null) return null;
    const counts = countLane(lane);
    const cells = new Float32Array(Math.ceil(counts.length / CELL_WIDTH));
    for (let x = 0; x < counts.length; x++) cells[Math.floor(x / CELL_WIDTH)] += counts[x];
    return cells;
}

// Logarithmic, as in the strip of the whole run.
function paintHeatRow(context, counts, row, most) {
    context.fillStyle = colour.run;
    const height = stripRowHeight();
    const levelOf = (x) => (counts[x] > 0 ? Math.max(1, Math.round(Math.log1p(counts[x]) / most * HEAT_LEVELS)) : 0);
    eachStretch(counts.length, levelOf, (start, stop, level) => {
        context.globalAlpha = 0.15 + 0.85 * level / HEAT_LEVELS;
        context.fillRect(start * CELL_WIDTH - MARGIN, stripTop(row), (stop - start) * CELL_WIDTH, height);
    });
    context.globalAlpha = 1;
}

// When a lane had problems, and when commands that failed ended.
const failureTimes = new Map();
function failuresOf(lane) {
    if (failureTimes.has(lane)) return failureTimes.get(lane);
    const problems = marksOfLane[lane].rows.filter((mark) => marks.kind[mark] === 'problem');
    const times = problems.map((mark) => valueAt(marks.time, mark));
    times.push(...runsOfLane[lane].filter((run) => runColour(run) === 'bad').map(runEnd));
    failureTimes.set(lane, times);
    return times;
}

function paintHeatFailures(context, lane, row) {
    context.fillStyle = colour.bad;
    for (const time of failuresOf(lane)) {
        const x = scale.pixelOf(time);
        if (x < -MARGIN || x > scale.width + MARGIN) continue;
        context.fillRect(x - 1.5, Math.max(0, stripTop(row) - 1), 3, Math.max(3, stripRowHeight()));
    }
}

// A line beside the rows that are in view below.
function paintViewMark(context, height) {
    const whole = rowCount() * layout.laneHeight;
    context.fillStyle = colour.accent;
    const top = scroller.scrollTop / whole * height;
    context.fillRect(GUTTER - 4, top, 2, Math.max(3, Math.min(height - top, scroller.clientHeight / whole * height)));
}

// Pressing shows the row below; the wheel zooms as on the lanes.
export function attachHeat() {
    attachWheel(byId('heat'));
    byId('heat').addEventListener('pointerdown', (event) => {
        const y = event.clientY - byId('heat').getBoundingClientRect().top;
        const row = Math.floor(y / stripHeight() * rowCount());
        scroller.scrollTop = row * layout.laneHeight - scroller.clientHeight / 2;
    });
}
