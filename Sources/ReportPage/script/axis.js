// The axis, its grid, and the lines of what was found and of the pointer.

import { LEFT, MARGIN, cursor, scale } from './view.js';
import { isMissing } from './columns.js';
import { SMALL, addVertical, colour, prepare } from './canvas.js';
import { byId } from './dom.js';
import { instantText, shortDuration } from './format.js';
import { laneTop, layout, rowOfLane } from './lanes.js';
import { dateAt, end } from './model.js';
import { eachTick, tickBase, tickLabel, tickStep, tickSteps } from './ticks.js';

const STEPS = tickSteps(end);
// Pixels between two labels, at least.
const LABEL_DISTANCE = 105;
export const stepOf = (pixels) => tickStep(STEPS, scale, pixels);

export function paintAxis() {
    const width = byId('overview').clientWidth;
    const context = prepare(byId('axis'), width, 40);
    const step = stepOf(LABEL_DISTANCE);
    const base = tickBase(scale, step);
    context.font = SMALL;
    context.textBaseline = 'alphabetic';
    context.fillStyle = colour.dim;
    context.fillText(originText(base), LEFT, 13);
    context.textAlign = 'right';
    context.fillText('shown: ' + shortDuration(scale.to - scale.from), width - MARGIN, 13);
    context.textAlign = 'center';
    context.fillStyle = colour.text;
    context.strokeStyle = colour.line;
    context.beginPath();
    eachTick(scale, step, (time, x) => {
        const label = tickLabel(time, step, base, end);
        const half = context.measureText(label).width / 2;
        context.fillText(label, Math.min(LEFT + x, width - half - 4), 31);
        context.moveTo(LEFT + x + 0.5, 35);
        context.lineTo(LEFT + x + 0.5, 40);
    });
    context.stroke();
    context.textAlign = 'left';
    context.fillStyle = colour.dim;
    context.fillText('simulated time', 10, 31);
    if (cursor.pointer) paintPointerTime(context, width);
}

// The instant that the labels start from, and its date.
function originText(base) {
    const origin = base === null ? scale.from : base;
    const date = dateAt(origin).replace(
        /(\.\d*?)0* UTC/, (all, digits) => (digits === '.' ? '' : digits) + ' UTC');
    return (base === null ? 'from ' + instantText(origin) : instantText(origin) + '  plus') + '   ·   ' + date;
}

function paintPointerTime(context, width) {
    const label = instantText(scale.instantAt(cursor.pointer.x));
    const half = context.measureText(label).width / 2 + 5;
    const x = Math.max(LEFT + half - MARGIN, Math.min(width - half, LEFT + cursor.pointer.x));
    context.fillStyle = colour.accent;
    context.fillRect(x - half, 20, 2 * half, 16);
    context.fillStyle = colour.back;
    context.fillText(label, x - half + 5, 32);
}

export function paintGrid(context, height) {
    context.strokeStyle = colour.line;
    context.lineWidth = 1;
    context.beginPath();
    eachTick(scale, stepOf(LABEL_DISTANCE), (time, x) => addVertical(context, x, height));
    context.stroke();
}

// - first, last: the rows in view.
export function paintCursor(context, height, first, last) {
    const { found, pointer } = cursor;
    context.strokeStyle = colour.accent;
    if (found) {
        const x = scale.pixelOf(found.time);
        context.lineWidth = 2;
        context.beginPath();
        addVertical(context, x, height);
        context.stroke();
        const row = isMissing(found.lane) ? -1 : rowOfLane(found.lane);
        if (row >= first && row <= last) {
            context.strokeRect(Math.floor(x) + 0.5 - 6, laneTop(found.lane) + 1, 12, layout.laneHeight - 2);
        }
    }
    if (!pointer) return;
    context.globalAlpha = 0.6;
    context.lineWidth = 1;
    context.beginPath();
    addVertical(context, pointer.x, height);
    context.stroke();
    if (!isMissing(pointer.selectFrom)) {
        context.fillStyle = colour.accent;
        context.globalAlpha = 0.15;
        context.fillRect(pointer.selectFrom, 0, pointer.x - pointer.selectFrom, height);
    }
    context.globalAlpha = 1;
}
