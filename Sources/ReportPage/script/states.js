// The band of a lane: when the machine had its turns, had free runs, waited.

import { MARGIN, scale } from './view.js';
import { SMALL, addVertical, colour } from './canvas.js';
import { lowerBound } from './columns.js';
import { bandTop, layout } from './lanes.js';
import {
    activity, activityWidth, end, framesSampledFrom, hasTurns, laneEnd, laneStart, turns, turnsSampledFrom,
} from './model.js';
import { addCover, densityLevel, eachStretch, largest } from './sampling.js';

// By pixel of the lane that is being painted: the part of it in free runs, and the turns.
let cover = new Float32Array(1);
let density = new Float32Array(1);

export function prepareStates() {
    cover = new Float32Array(Math.ceil(scale.width) + 2 * MARGIN + 2);
    density = new Float32Array(cover.length);
}

export function paintStates(context, lane) {
    if (laneStart[lane] === null) return;
    const y = bandTop(lane);
    const from = Math.max(-MARGIN, scale.pixelOf(laneStart[lane]));
    const to = Math.min(scale.width + MARGIN, scale.pixelOf(laneEnd[lane] ?? end));
    if (to < from) return;
    const thin = Math.min(2, layout.band / 3);
    context.fillStyle = colour.wait;
    context.fillRect(from, y + (layout.band - thin) / 2, Math.max(1, to - from), thin);
    if (!hasTurns) return;
    const shown = countTurns(lane);
    paintFreeRuns(context, y);
    paintTurns(context, y, shown > scale.width / 6 || areSumsFine());
}

// Counts a lane's free runs and turns by pixel. Returns how many turns are in the window, of a sample.
function countTurns(lane) {
    cover.fill(0);
    density.fill(0);
    addActivity(lane);
    return addTurns(lane);
}

// The turns of a lane by pixel, from the left margin on; the next call changes them.
export function countLane(lane) {
    countTurns(lane);
    return density;
}

// Whether the sums are as fine as the pixels: then they are painted instead of a sample of single turns.
const areSumsFine = () => activity && Number(activity.width) * scale.pixelsPerNanosecond < 4;

// Sums of all turns. Coarse sums are painted pale, behind the sample, and only where turns are sampled.
function addActivity(lane) {
    if (!activity) return;
    const isFine = areSumsFine();
    const first = Math.max(0, Number(scale.from / activityWidth) - 1,
        isFine ? 0 : Number(turnsSampledFrom / activityWidth) + 1);
    const last = Math.min(activity.turns[lane].length - 1, Number(scale.to / activityWidth) + 1);
    for (let i = first; i <= last; i++) {
        const x0 = scale.pixelOf(activityWidth * BigInt(i)) + MARGIN;
        const x1 = scale.pixelOf(activityWidth * BigInt(i + 1)) + MARGIN;
        addCover(cover, x0, x1, activity.free[lane][i] / 255 * (isFine ? 1 : 0.5));
        if (!isFine) continue;
        const perPixel = Number(activity.turns[lane][i]) / (x1 - x0);
        for (let x = Math.max(0, Math.floor(x0)); x < Math.min(density.length, x1); x++) density[x] += perPixel;
    }
}

// Single turns. Returns how many are in the window.
function addTurns(lane) {
    if (areSumsFine()) return 0;
    const { start, free } = turns[lane];
    let shown = 0;
    // The turn before the window may run freely into it.
    for (let i = Math.max(0, lowerBound(start, scale.from) - 1); i < start.length; i++) {
        const x = scale.pixelAt(start, i);
        if (x > scale.width + MARGIN) break;
        if (x >= -MARGIN) {
            density[Math.floor(x + MARGIN)] += 1;
            shown += 1;
        }
        if (free.seconds[i] === 0 && free.nanoseconds[i] === 0) continue;
        const stop = scale.pixel(
            start.seconds[i] + free.seconds[i], start.nanoseconds[i] + free.nanoseconds[i]);
        addCover(cover, x + MARGIN, stop + MARGIN, 1);
    }
    return shown;
}

function paintFreeRuns(context, y) {
    // A machine in a free run need not do anything: what it does are its turns, which are as high as the band.
    const height = Math.max(1, Math.min(4, layout.band / 2));
    const top = y + (layout.band - height) / 2;
    context.fillStyle = colour.free;
    const levelOf = (x) => Math.ceil(Math.min(1, cover[x]) * 8);
    eachStretch(cover.length, levelOf, (start, stop, level) => {
        context.globalAlpha = 0.2 + 0.1 * level;
        context.fillRect(start - MARGIN, top, stop - start, height);
    });
    context.globalAlpha = 1;
}

// Dense turns: the height of a line stands for how many there are on its pixel.
function paintTurns(context, y, isDense) {
    context.fillStyle = colour.run;
    if (!isDense) {
        for (let x = 0; x < density.length; x++) {
            if (density[x] > 0) context.fillRect(x - MARGIN, y, 1.5, layout.band);
        }
        return;
    }
    const most = largest(density);
    context.globalAlpha = 0.75;
    const levelOf = (x) => densityLevel(density[x], most, layout.band);
    eachStretch(density.length, levelOf, (start, stop, level) => {
        context.fillRect(start - MARGIN, y + layout.band - level / 2, stop - start, level / 2);
    });
    context.globalAlpha = 1;
}

// Dashed lines from where on turns and frames are a sample.
export function paintSampleStarts(context, height) {
    for (const [time, what, y] of [[turnsSampledFrom, 'turns', 8], [framesSampledFrom, 'frames', 22]]) {
        if (time === null || time < scale.from || time > scale.to) continue;
        const x = Math.floor(scale.pixelOf(time)) + 0.5;
        context.strokeStyle = colour.accent;
        context.setLineDash([4, 4]);
        context.beginPath();
        addVertical(context, x, height);
        context.stroke();
        context.setLineDash([]);
        const text = what + ' are sampled from here on';
        context.font = SMALL;
        context.textBaseline = 'middle';
        context.fillStyle = colour.back;
        context.fillRect(x + 3, y - 7, context.measureText(text).width + 6, 14);
        context.fillStyle = colour.accent;
        context.fillText(text, x + 6, y);
    }
}
