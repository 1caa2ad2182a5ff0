// Paints the lanes, layer over layer.

import { GUTTER, LEFT, cursor, scroller } from './view.js';
import { SMALL, colour, fitted, fontOf, prepare } from './canvas.js';
import { byId } from './dom.js';
import { countText, plural } from './format.js';
import { paintArrows } from './arrows.js';
import { paintBarTexts, paintRuns } from './bars.js';
import { paintCursor, paintGrid } from './axis.js';
import { paintFaultBars, paintFaultEffects, paintFaultMoments } from './faultlanes.js';
import { hasFaults, laneName } from './faults.js';
import { isFaultLanePinned, laneOfRow, laneTop, layout, painted, rowCount, rowTop } from './lanes.js';
import { paintConsoleLines, paintMarks } from './marks.js';
import { paintSampleStarts, paintStates, prepareStates } from './states.js';
import { data } from './data.js';
import { isLab, lanes } from './model.js';

function clearPainted() {
    painted.bars = [];
    painted.marks = [];
    painted.arrows = [];
}

export function paintLanes() {
    const width = byId('overview').clientWidth;
    const height = scroller.clientHeight;
    const context = prepare(byId('lanes'), width, height);
    clearPainted();
    prepareStates();
    // Read once for each painting: reading it from the element costs a layout.
    layout.scrolled = scroller.scrollTop;
    const first = Math.max(0, Math.floor(layout.scrolled / layout.laneHeight));
    const last = Math.min(rowCount() - 1, Math.ceil((layout.scrolled + height) / layout.laneHeight));
    const eachLane = (visit) => { for (let row = first; row <= last; row++) visit(laneOfRow(row)); };
    for (let row = first; row <= last; row++) {
        if (row % 2 !== 0 || layout.laneHeight < 12) continue;
        context.fillStyle = colour.zebra;
        context.fillRect(0, rowTop(row), width, layout.laneHeight);
    }
    context.save();
    clipToTime(context, width, height);
    paintGrid(context, height);
    eachLane((lane) => {
        paintStates(context, lane);
        if (layout.bar > 0) paintRuns(context, lane);
        paintFaultEffects(context, lane);
    });
    if (first === 0 && hasFaults) paintFaultBars(context);
    paintArrows(context, height, first, last);
    paintBarTexts(context);
    eachLane((lane) => {
        paintConsoleLines(context, lane);
        paintMarks(context, lane);
        paintFaultMoments(context, lane);
    });
    paintSampleStarts(context, height);
    paintCursor(context, height, first, last);
    context.restore();
    paintNames(context, first, last);
    if (isFaultLanePinned()) paintPinnedFaults(context, width);
}

// From here on nothing is painted over the names, and x is 0 where the window begins.
function clipToTime(context, width, height) {
    context.beginPath();
    context.rect(GUTTER, 0, width - GUTTER, height);
    context.clip();
    context.translate(LEFT, 0);
}

function paintNames(context, first, last) {
    const { laneHeight } = layout;
    const step = Math.max(1, Math.ceil(12 / laneHeight));
    context.textBaseline = 'middle';
    for (let row = first; row <= last; row++) {
        if (row % step !== 0) continue;
        const lane = laneOfRow(row);
        const middle = Math.max(7, laneTop(lane) + laneHeight / 2);
        const hasDetail = laneHeight >= 44;
        context.font = fontOf(laneHeight >= 30 ? '600 13px' : '12px');
        context.fillStyle = cursor.found && cursor.found.lane === lane ? colour.accent : colour.text;
        context.fillText(fitted(context, laneName(lane), GUTTER - 20), 10, hasDetail ? middle - 9 : middle);
        if (!hasDetail) continue;
        context.font = SMALL;
        context.fillStyle = colour.dim;
        context.fillText(fitted(context, laneDetail(lane), GUTTER - 20), 10, middle + 8);
    }
}

function laneDetail(lane) {
    if (isLab(lane)) return hasFaults ? plural(data.totals.faults, 'fault') : 'the lab';
    if (lanes.model[lane]) return 'model: ' + lanes.model[lane];
    if (lanes.began[lane] === null) return 'did not start';
    return '↑ ' + countText(lanes.sent[lane]) + '  ↓ ' + countText(lanes.received[lane]) + ' frames';
}

// The lane of faults, over what has scrolled below it.
function paintPinnedFaults(context, width) {
    const height = layout.laneHeight;
    const below = painted.bars.filter((bar) => bar.y1 > height);
    painted.marks = painted.marks.filter((mark) => mark.y > height);
    context.save();
    context.fillStyle = colour.back;
    context.fillRect(0, 0, width, height);
    context.fillStyle = colour.zebra;
    context.fillRect(0, 0, width, height);
    context.fillStyle = colour.line;
    context.fillRect(0, height, width, 1);
    paintNames(context, 0, 0);
    clipToTime(context, width, height);
    paintGrid(context, height);
    painted.bars = [];
    paintFaultBars(context);
    paintBarTexts(context);
    painted.bars = below.concat(painted.bars);
    paintMarks(context, 0);
    paintFaultMoments(context, 0);
    context.restore();
}
