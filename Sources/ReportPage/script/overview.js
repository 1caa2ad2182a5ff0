// The strip of the whole run at the top: bytes sent, turns, problems and faults, and the window as a frame.

import { GUTTER, LEFT, MARGIN, centreOn, scale, wholeEnd, widthForTime, zoomAbout } from './view.js';
import { SMALL, addVertical, colour, fitted, prepare } from './canvas.js';
import { roundedAt, valueAt } from './columns.js';
import { data } from './data.js';
import { byId } from './dom.js';
import { faultEnd, faults } from './faults.js';
import { shortDuration } from './format.js';
import { GLYPH_COLOUR } from './marks.js';
import {
    activity, activityWidth, end, frameCount, frames, framesSampledFrom, hasTurns, marks, turns, turnsSampledFrom,
} from './model.js';
import { largest, spreadRows } from './sampling.js';

const STRIP_HEIGHT = 46;
const BAR_WIDTH = 3;
let stripWidth = 0;
let sums = null;

const stripPixel = (time) => Number(time) / Number(wholeEnd) * stripWidth;

// Bytes sent and turns begun in each bar of the strip; counted once for each width of it.
function countStrip() {
    const bars = Math.max(1, Math.floor(stripWidth / BAR_WIDTH));
    if (sums && sums.bytes.length === bars + 1) return;
    sums = { bytes: new Float64Array(bars + 1), turns: new Float64Array(bars + 1) };
    const barsPerNanosecond = bars / Number(wholeEnd);
    const place = (time) => Math.max(0, Math.min(bars, Math.floor(time * barsPerNanosecond)));
    if (data.series) {
        spreadRows(data.series.networks, BigInt(data.series.width), sums.bytes, barsPerNanosecond);
    } else {
        for (let i = 0; i < frameCount; i++) sums.bytes[place(roundedAt(frames.sent, i))] += frames.bytes[i];
    }
    if (activity) {
        spreadRows(activity.turns, activityWidth, sums.turns, barsPerNanosecond);
        return;
    }
    for (const { start } of turns) {
        for (let i = 0; i < start.length; i++) sums.turns[place(roundedAt(start, i))] += 1;
    }
}

export function paintOverview() {
    const width = byId('overview').clientWidth;
    const context = prepare(byId('overview'), width, STRIP_HEIGHT);
    stripWidth = widthForTime();
    countStrip();
    context.font = SMALL;
    context.textBaseline = 'middle';
    context.fillStyle = colour.dim;
    context.fillText('whole run, ' + shortDuration(end), 10, 9);
    context.fillStyle = colour.down;
    context.fillText(fitted(context, data.totals.frames ? 'bytes sent' : 'no frames', GUTTER - 20), 10, 23);
    context.fillStyle = colour.run;
    context.fillText(hasTurns ? 'turns' : '', 10, 37);
    context.save();
    context.translate(LEFT, 0);
    context.fillStyle = colour.zebra;
    context.fillRect(-MARGIN, 0, stripWidth + 2 * MARGIN, STRIP_HEIGHT);
    paintSums(context, sums.bytes, 'down', 22, 18);
    paintSums(context, sums.turns, 'run', 42, 16);
    paintEvents(context);
    paintWindow(context);
    context.restore();
}

// Bars on a logarithmic scale.
function paintSums(context, values, name, bottom, room) {
    const most = largest(values);
    if (most === 0) return;
    context.fillStyle = colour[name];
    context.globalAlpha = 0.75;
    for (let i = 0; i < values.length; i++) {
        if (values[i] === 0) continue;
        const height = Math.max(1, room * Math.log1p(values[i]) / Math.log1p(most));
        context.fillRect(i * BAR_WIDTH, bottom - height, BAR_WIDTH - 0.5, height);
    }
    context.globalAlpha = 1;
}

// Problems and faults, and dashed lines where samples begin.
function paintEvents(context) {
    for (let i = 0; i < marks.time.length; i++) {
        const kind = marks.kind[i];
        if (kind !== 'problem' && kind !== 'fault') continue;
        context.fillStyle = colour[GLYPH_COLOUR[kind]];
        context.fillRect(stripPixel(valueAt(marks.time, i)) - 1, 0, 2, STRIP_HEIGHT);
    }
    context.fillStyle = colour.fault;
    for (const fault of faults) {
        const x = stripPixel(fault.start);
        context.fillRect(x, 0, Math.max(2, stripPixel(faultEnd(fault)) - x), 3);
    }
    for (const time of [turnsSampledFrom, framesSampledFrom]) {
        if (time === null) continue;
        context.strokeStyle = colour.dim;
        context.setLineDash([3, 3]);
        context.beginPath();
        addVertical(context, stripPixel(time), STRIP_HEIGHT);
        context.stroke();
        context.setLineDash([]);
    }
}

// What is not shown is covered; the window has a frame.
function paintWindow(context) {
    const x0 = stripPixel(scale.from);
    const x1 = Math.max(x0 + 3, stripPixel(scale.to));
    context.fillStyle = colour.back;
    context.globalAlpha = 0.6;
    context.fillRect(-MARGIN, 0, x0 + MARGIN, STRIP_HEIGHT);
    context.fillRect(x1, 0, stripWidth + MARGIN - x1, STRIP_HEIGHT);
    context.globalAlpha = 1;
    context.strokeStyle = colour.accent;
    context.lineWidth = 1.5;
    context.strokeRect(x0, 1, x1 - x0, STRIP_HEIGHT - 2);
}

// Pressing and moving centres the window on the pointer; the wheel zooms about its middle.
export function attachOverview() {
    const canvas = byId('overview');
    let isDown = false;
    const centre = (event) => {
        const pixel = event.clientX - canvas.getBoundingClientRect().left - LEFT;
        const x = Math.max(0, Math.min(stripWidth, pixel));
        centreOn(BigInt(Math.round(x / stripWidth * Number(wholeEnd))));
    };
    canvas.addEventListener('pointerdown', (event) => {
        isDown = true;
        canvas.setPointerCapture(event.pointerId);
        centre(event);
    });
    canvas.addEventListener('pointermove', (event) => { if (isDown) centre(event); });
    canvas.addEventListener('pointerup', () => { isDown = false; });
    canvas.addEventListener('pointercancel', () => { isDown = false; });
    canvas.addEventListener('wheel', (event) => {
        event.preventDefault();
        zoomAbout(scale.width / 2, Math.exp(Math.max(-300, Math.min(300, event.deltaY)) / 400));
    }, { passive: false });
}
