// Bars: runs of commands and checks, and the texts of all bars.

import { MARGIN, scale } from './view.js';
import { COLOUR_OF_RANK, RANK, runColour, runEnd, runsOfLane } from './commands.js';
import { MONO, colour, fitted } from './canvas.js';
import { isMissing } from './columns.js';
import { laneTop, layout, painted } from './lanes.js';
import { mergedBars } from './sampling.js';

const barColour = (kind) => 'bar' + kind[0].toUpperCase() + kind.slice(1);

export const barHeight = () => layout.bar - (layout.bar > 8 ? 2 : 0.5);

// The part of a bar that is on the canvas; null when nothing is. Never narrower than two pixels.
export function barStretch(from, to) {
    const x0 = scale.pixelOf(from);
    const x1 = scale.pixelOf(to);
    if (x1 < -MARGIN || x0 > scale.width + MARGIN) return null;
    const start = Math.max(-MARGIN - 4, x0);
    return { x0: start, x1: Math.max(start + 2, Math.min(scale.width + MARGIN + 4, x1)), isCut: x0 < -MARGIN };
}

export function paintRuns(context, lane) {
    const spans = [];
    for (const run of runsOfLane[lane]) {
        const [x0, x1] = [scale.pixelOf(run.start), scale.pixelOf(runEnd(run))];
        if (x1 < -MARGIN || x0 > scale.width + MARGIN) continue;
        spans.push({ x0, x1, row: run.row, rank: RANK[runColour(run)], run });
    }
    for (const { row, rank, runs } of mergedBars(spans)) {
        const [run] = runs;
        const y = laneTop(lane) + layout.top + row * layout.bar;
        const bar = {
            ...barStretch(run.start, runEnd(run)), y0: y, y1: y + barHeight(), kind: COLOUR_OF_RANK[rank], runs,
            isOpen: isMissing(run.status), text: run.command.text,
        };
        paintBar(context, bar);
        painted.bars.push(bar);
    }
}

// An open bar has no end of its own: its run was cut off, or went on.
export function paintBar(context, { x0, x1, y0, y1, kind, isOpen }) {
    context.fillStyle = colour[barColour(kind)];
    context.fillRect(x0, y0, x1 - x0, y1 - y0);
    context.fillStyle = colour[kind];
    context.fillRect(x0, y0, Math.min(3, x1 - x0), y1 - y0);
    if (isOpen) context.fillRect(x1 - 1, y0, 1, y1 - y0);
}

// Over the arrows, on a ground of their own, so that they stay readable where many frames pass.
export function paintBarTexts(context) {
    if (layout.bar < 11.5) return;
    context.font = Math.min(12, Math.floor(layout.bar - 2)) + 'px ' + MONO;
    context.textBaseline = 'middle';
    for (const { x0, x1, y0, y1, text, kind, room = x1 } of painted.bars) {
        const start = Math.max(x0, -MARGIN + 2) + 7;
        const shown = room - x0 > 24 ? fitted(context, text, room - start - 4) : '';
        if (!shown) continue;
        const width = Math.max(0, Math.min(x1 - start + 3, context.measureText(shown).width + 6));
        context.fillStyle = colour[barColour(kind)];
        context.fillRect(start - 3, y0, width, y1 - y0);
        context.fillStyle = colour.text;
        context.fillText(shown, start, (y0 + y1) / 2 + 0.5);
    }
}
