// Faults on the lanes: bars on the lane of faults, stripes or a line on the lanes of the machines they affect.

import { MARGIN, isVisible, scale } from './view.js';
import { SMALL, colour } from './canvas.js';
import { barHeight, barStretch, paintBar } from './bars.js';
import { faultEnd, faults, faultsOfLane, lastingFaults } from './faults.js';
import { bandMiddle, bandTop, laneTop, layout, markSize, painted } from './lanes.js';
import { paintGlyph } from './marks.js';
import { isLab } from './model.js';

// Bars of the faults that last. Their texts may go on where nothing else is.
export function paintFaultBars(context) {
    const lastOfRow = [];
    for (const fault of lastingFaults) {
        const stretch = barStretch(fault.start, faultEnd(fault));
        if (!stretch) continue;
        const y = laneTop(0) + (layout.bar > 0 ? layout.top + fault.row * layout.bar : layout.bandTop);
        const height = layout.bar > 0 ? barHeight() : layout.band;
        const bar = {
            ...stretch, y0: y, y1: y + height, kind: 'fault', isOpen: fault.end === null, text: fault.text, fault,
        };
        paintBar(context, bar);
        bar.room = stretch.isCut ? bar.x1 : scale.width + MARGIN;
        const before = lastOfRow[fault.row];
        if (before) before.room = Math.max(before.x1, Math.min(before.room, bar.x0));
        lastOfRow[fault.row] = bar;
        painted.bars.push(bar);
    }
}

// On the lane of a machine: stripes over its states while it is off or paused, a line above them otherwise.
export function paintFaultEffects(context, lane) {
    for (const fault of faultsOfLane[lane]) {
        if (fault.isMoment) continue;
        const x0 = Math.max(-MARGIN - 1, scale.pixelOf(fault.start));
        const x1 = Math.min(scale.width + MARGIN + 1, Math.max(x0 + 1.5, scale.pixelOf(faultEnd(fault))));
        if (!(x1 > x0)) continue;
        const y = bandTop(lane);
        if (fault.effect) paintStripes(context, fault.effect, x0, x1, y);
        else {
            context.fillStyle = colour.fault;
            context.fillRect(x0, y - 1.5, x1 - x0, Math.min(2, layout.band / 2));
        }
    }
}

function paintStripes(context, effect, x0, x1, y) {
    const { band } = layout;
    context.save();
    context.beginPath();
    context.rect(x0, y, x1 - x0, band);
    context.clip();
    context.fillStyle = colour[effect === 'off' ? 'wait' : 'barFault'];
    context.fillRect(x0, y, x1 - x0, band);
    context.strokeStyle = colour.fault;
    context.lineWidth = 1;
    context.beginPath();
    for (let x = x0 - band; x < x1; x += 7) {
        context.moveTo(x, y + band);
        context.lineTo(x + band, y);
    }
    context.stroke();
    if (band >= 12) paintEffectName(context, effect, x0, x1, y);
    context.restore();
}

function paintEffectName(context, effect, x0, x1, y) {
    context.font = SMALL;
    context.textBaseline = 'middle';
    const width = context.measureText(effect).width + 8;
    if (x1 - x0 <= width + 6) return;
    const x = Math.max(x0, -MARGIN) + 3;
    context.fillStyle = colour.back;
    context.fillRect(x, y, width, layout.band);
    context.fillStyle = colour.text;
    context.fillText(effect, x + 4, y + layout.band / 2 + 0.5);
}

// Faults of a moment: all of them on the lane of faults, a machine's own on its lane.
export function paintFaultMoments(context, lane) {
    let last = null;
    for (const fault of isLab(lane) ? faults : faultsOfLane[lane]) {
        if (!fault.isMoment) continue;
        const x = scale.pixelOf(fault.start);
        if (!isVisible(x)) continue;
        if (last && x - last.x < 3) {
            last.faults.push(fault);
            continue;
        }
        last = { x, y: bandMiddle(lane), lane, faults: [fault] };
        paintGlyph(context, 'fault', x, last.y, markSize());
        painted.marks.push(last);
    }
}
