// Paints frames as arrows between lanes.

import { MARGIN, isVisible, scale } from './view.js';
import { SMALL, colour } from './canvas.js';
import { bytesText } from './format.js';
import { clipped, fewGroups } from './arrowgroups.js';
import { lowerBound } from './columns.js';
import { bandMiddle, laneTop, layout, painted, rowCount, rowOfLane } from './lanes.js';
import {
    ARRIVED, UNKNOWN, fateOf, frameNumber, frames, interfaceLane, longestDelay,
} from './model.js';

// Frames in view, and arrows that stand for them.
export const arrowCounts = { frames: 0, drawn: 0 };
// What was too fine a moment ago is likely to be so again.
let lastGrain = 1;

// The height of a line of which one end has no lane.
const stub = (row) => Math.min(16, layout.laneHeight * 0.6) * (row === rowCount() - 1 ? -1 : 1);

// Calls `take` for each frame that has a part on the canvas.
function eachVisibleFrame(height, first, last, take) {
    const box = { left: -MARGIN - 2, right: scale.width + MARGIN + 2, top: -2, bottom: height + 2 };
    const start = lowerBound(frames.sent, scale.from > longestDelay ? scale.from - longestDelay : 0n);
    const stop = lowerBound(frames.sent, scale.to + BigInt(Math.ceil(MARGIN / scale.pixelsPerNanosecond)));
    for (let i = start; i < stop; i++) {
        const from = interfaceLane[frames.from[i]];
        const to = frames.to[i] < 0 ? from : interfaceLane[frames.to[i]];
        const [fromRow, toRow] = [rowOfLane(from), rowOfLane(to)];
        // What neither begins nor ends at a lane that is shown, or passes above or below.
        if ((fromRow < first && toRow < first) || (fromRow > last && toRow > last)) continue;
        const x0 = scale.pixelAt(frames.sent, i);
        let x1 = scale.pixel(frames.sent.seconds[i] + frames.delay.seconds[i],
            frames.sent.nanoseconds[i] + frames.delay.nanoseconds[i]);
        let y0 = bandMiddle(from);
        let y1 = bandMiddle(to);
        if (from === to || toRow < 0) {
            // It ends in the network, or at a lane that is not shown: a short line towards the next lane.
            y1 = y0 + stub(fromRow);
            x1 = Math.max(x1, x0 + 4);
        } else if (fromRow < 0) y0 = y1 + stub(toRow);
        const line = clipped(x0, y0, x1, y1, box);
        if (line) take(i, line, from, to, fateOf(i));
    }
}

const directionOf = (group) => (group.fate !== ARRIVED ? 'lost' : group.to >= group.from ? 'down' : 'up');

// - first, last: the rows in view.
export function paintArrows(context, height, first, last) {
    let frameTotal = 0;
    const visit = (take) => {
        let lastFrame = 0;
        frameTotal = 0;
        eachVisibleFrame(height, first, last, (i, ...rest) => {
            // Copies of a frame are one frame, as in the head of the page.
            if (frameNumber[i] !== lastFrame) frameTotal += 1;
            lastFrame = frameNumber[i];
            take(i, ...rest);
        });
    };
    const { groups, grain } = fewGroups(visit, Math.max(1, lastGrain / 2));
    lastGrain = grain;
    arrowCounts.frames = frameTotal;
    arrowCounts.drawn = groups.length;
    const isSparse = groups.length <= 400;
    const alpha = groups.length <= 60 ? 0.95 : isSparse ? 0.7 : groups.length <= 1200 ? 0.35 : 0.18;
    for (const direction of ['down', 'up', 'lost']) {
        context.strokeStyle = context.fillStyle = colour[direction];
        context.globalAlpha = direction === 'lost' ? 1 : alpha;
        context.lineWidth = isSparse ? 1.3 : 1;
        context.beginPath();
        const own = groups.filter((group) => directionOf(group) === direction);
        for (const { line } of own) {
            context.moveTo(line.x0, line.y0);
            context.lineTo(line.x1, line.y1);
        }
        context.stroke();
        for (const group of own) {
            painted.arrows.push(group);
            if (!group.line.hasHead) continue;
            if (direction === 'lost') paintLoss(context, group.line.x1, group.line.y1, group.fate);
            else if (isSparse) paintHead(context, group.line);
        }
    }
    context.globalAlpha = 1;
    if (groups.length <= 40 && layout.laneHeight >= 34) paintSizes(context, groups);
}

function paintHead(context, { x0, y0, x1, y1 }) {
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (length < 8) return;
    const size = 6;
    const [ux, uy] = [(x1 - x0) / length * size, (y1 - y0) / length * size];
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x1 - ux - uy * 0.45, y1 - uy + ux * 0.45);
    context.lineTo(x1 - ux + uy * 0.45, y1 - uy - ux * 0.45);
    context.fill();
}

// A cross where a frame was lost, a ring where its fate is not known.
function paintLoss(context, x, y, fate) {
    if (!isVisible(x)) return;
    context.strokeStyle = colour.lost;
    context.lineWidth = 2;
    context.beginPath();
    if (fate === UNKNOWN) {
        context.lineWidth = 1.2;
        context.arc(x, y, 2.5, 0, 7);
    } else {
        context.moveTo(x - 3.5, y - 3.5);
        context.lineTo(x + 3.5, y + 3.5);
        context.moveTo(x + 3.5, y - 3.5);
        context.lineTo(x - 3.5, y + 3.5);
    }
    context.stroke();
}

// The sizes of frames beside their arrows, where two lanes meet: nothing else is written there.
function paintSizes(context, groups) {
    context.font = SMALL;
    context.textBaseline = 'middle';
    const taken = [];
    for (const group of groups) {
        if (group.from === group.to || rowOfLane(group.from) < 0 || rowOfLane(group.to) < 0) continue;
        const { x0, y0, x1, y1 } = group.line;
        const border = laneTop(Math.min(group.from, group.to)) + layout.laneHeight;
        const y = border + (group.to > group.from ? -9 : 4);
        if (y1 === y0 || (y - y0) * (y - y1) > 0) continue;
        const x = x0 + (x1 - x0) * (y - y0) / (y1 - y0) + 5;
        if (x < 0 || x > scale.width - 40) continue;
        const text = group.count > 1 ? group.count + ' frames' : bytesText(frames.bytes[group.first]);
        const width = context.measureText(text).width;
        if (taken.some((box) => x < box.x1 + 4 && x + width > box.x0 - 4 && Math.abs(y - box.y) < 13)) continue;
        taken.push({ x0: x, x1: x + width, y });
        context.fillStyle = colour.back;
        context.globalAlpha = 0.8;
        context.fillRect(x - 2, y - 7, width + 4, 14);
        context.globalAlpha = 1;
        context.fillStyle = colour.dim;
        context.fillText(text, x, y);
    }
}
