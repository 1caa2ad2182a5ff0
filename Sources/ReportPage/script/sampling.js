// Many values on few pixels: sums and merges that neither lose a value nor hide an extreme. Pure.

import { SECOND } from './columns.js';

// Adds to each cell of `sums` the part of it that [from, to) covers, times `weight`.
export function addCover(sums, from, to, weight) {
    const start = Math.max(0, from);
    const stop = Math.min(sums.length - 1, to);
    if (!(stop > start)) return;
    const first = Math.floor(start);
    const last = Math.floor(stop);
    if (first === last) {
        sums[first] += (stop - start) * weight;
        return;
    }
    sums[first] += (first + 1 - start) * weight;
    for (let i = first + 1; i < last; i++) sums[i] += weight;
    sums[last] += (stop - last) * weight;
}

// Distributes rows of values, each of `width` ns, over cells of which there are `cellsPerNanosecond`. A value that
// covers several cells is divided equally among them, so the total stays.
export function spreadRows(rows, width, sums, cellsPerNanosecond) {
    const cell = (i) => Number(width) * i * cellsPerNanosecond;
    for (const row of rows) {
        for (let i = 0; i < row.length; i++) {
            const first = Math.floor(cell(i));
            const last = Math.min(sums.length - 1, Math.max(first, Math.ceil(cell(i + 1)) - 1));
            const share = Number(row[i]) / (last - first + 1);
            for (let place = first; place <= last; place++) sums[place] += share;
        }
    }
}

export function largest(values) {
    let most = 0;
    for (const value of values) most = Math.max(most, value);
    return most;
}

// Calls `visit(start, stop, level)` for each maximal stretch of cells with the same level above 0.
export function eachStretch(length, levelOf, visit) {
    for (let start = 0; start < length;) {
        const level = levelOf(start);
        let stop = start + 1;
        while (stop < length && levelOf(stop) === level) stop++;
        if (level > 0) visit(start, stop, level);
        start = stop;
    }
}

// The height of the line that stands for `value` of at most `most` events on a pixel: at least 15 % of the room,
// then logarithmic, so that single events beside thousands are seen; in half pixels.
export function densityLevel(value, most, room) {
    if (!(value > 0)) return 0;
    const share = 0.15 + 0.5 * Math.log1p(value) / Math.log1p(Math.max(6, most));
    return Math.round(2 * room * share * Math.min(1, value));
}

// The first row after `start` that is not on the same pixel as it.
export function endOfPixel(column, start, scale) {
    const limit = Math.floor(scale.pixelAt(column, start)) + 1.5;
    let stop = start + 1;
    while (stop < column.length && scale.pixelAt(column, stop) < limit) stop++;
    return stop;
}

// Bars in the order of their starts, those that look like one merged: narrower than two pixels and less than two
// pixels from the one before in their row. A merged bar holds all its runs and has the worst of their ranks.
//
// - spans: { x0, x1, row, rank, run } each.
export function mergedBars(spans) {
    const bars = [];
    const lastOfRow = new Map();
    for (const { x0, x1, row, rank, run } of spans) {
        const last = lastOfRow.get(row);
        if (last && x1 - x0 < 2 && x0 - last.x0 < 2) {
            last.runs.push(run);
            last.rank = Math.max(last.rank, rank);
            continue;
        }
        const bar = { x0, x1, row, rank, runs: [run] };
        lastOfRow.set(row, bar);
        bars.push(bar);
    }
    return bars;
}

// Equal parts of the window, `width` ns each. They start at multiples of the width, so they do not move with the
// window; the first and the last reach beyond it.
export class Bins {
    constructor(scale, width) {
        this.width = width;
        this.from = (scale.from / width) * width;
        this.count = Number((scale.to - this.from) / width) + 1;
        this.nanoseconds = Number(width);
        this.seconds = Number(this.from / SECOND);
        this.rest = Number(this.from % SECOND);
    }

    // The bin of an instant; below 0 or from `count` on outside.
    place(seconds, nanoseconds) {
        return Math.floor(((seconds - this.seconds) * 1e9 + (nanoseconds - this.rest)) / this.nanoseconds);
    }

    // The bin in whose part of time the middle of [time, time + width) is.
    placeOfMiddle(time, width) { return Number((time + width / 2n - this.from) / this.width); }
}
