// Marks of a lane: console lines, and glyphs for what happened to its machine.

import { MARGIN, scale } from './view.js';
import { colour } from './canvas.js';
import { lowerBound, valueAt } from './columns.js';
import { faultInstants } from './faults.js';
import { bandMiddle, laneTop, layout, markSize, painted } from './lanes.js';
import { consoleOfLane, laneEnd, marks, marksOfLane } from './model.js';
import { endOfPixel } from './sampling.js';

export function paintConsoleLines(context, lane) {
    const { time } = consoleOfLane[lane];
    if (layout.marks === 0 || time.length === 0) return;
    const y = laneTop(lane) + layout.marksTop;
    let from = lowerBound(time, scale.from > 0n ? scale.from - 1n : 0n);
    context.fillStyle = colour.console;
    while (from < time.length) {
        const x = scale.pixelAt(time, from);
        if (x > scale.width + MARGIN) break;
        const to = endOfPixel(time, from, scale);
        const height = layout.marks * Math.min(1, 0.45 + 0.14 * Math.log2(to - from));
        context.fillRect(x - 0.75, y + layout.marks - height, 1.5, height);
        painted.marks.push({ x, y: y + layout.marks / 2, lane, from, to, isConsole: true });
        from = to;
    }
}

export function paintMarks(context, lane) {
    const { rows, time } = marksOfLane[lane];
    const lastOfKind = {};
    for (let i = lowerBound(time, scale.from > 0n ? scale.from - 1n : 0n); i < time.length; i++) {
        const x = scale.pixelAt(time, i);
        if (x > scale.width + MARGIN) break;
        const kind = marks.kind[rows[i]];
        if (kind === 'alarm' && faultInstants.has(String(valueAt(time, i)))) continue;
        if (lastOfKind[kind] && x - lastOfKind[kind].x < 3) {
            lastOfKind[kind].marks.push(rows[i]);
            continue;
        }
        // A leave follows its machine's end at once and adds nothing.
        if (kind === 'leave' && laneEnd[lane] !== null && lastOfKind.end && x - lastOfKind.end.x < 12) continue;
        const mark = { x, y: bandMiddle(lane), lane, marks: [rows[i]] };
        paintGlyph(context, kind, x, mark.y, markSize());
        lastOfKind[kind] = mark;
        painted.marks.push(mark);
    }
}

export const GLYPH_COLOUR = {
    up: 'good', end: 'dim', leave: 'dim', problem: 'bad', fault: 'fault', alarm: 'fault',
};

// Corners of glyphs, in units of their size.
const GLYPH_CORNERS = {
    up: [[0, -1], [1, 1], [-1, 1]],
    problem: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
    fault: [[0.5, -1.5], [-1, 0.3], [0, 0.3], [-0.5, 1.5], [1, -0.3], [0, -0.3]],
};

export function paintGlyph(context, kind, x, y, size) {
    context.beginPath();
    context.fillStyle = colour[GLYPH_COLOUR[kind]];
    context.strokeStyle = colour.back;
    context.lineWidth = 1.5;
    const corners = GLYPH_CORNERS[kind];
    if (corners) for (const [dx, dy] of corners) context.lineTo(x + dx * size, y + dy * size);
    else if (kind === 'alarm') context.arc(x, y, size, 0, 7);
    else context.rect(x - size * 0.8, y - size * 0.8, size * 1.6, size * 1.6);
    context.closePath();
    context.stroke();
    context.fill();
}
