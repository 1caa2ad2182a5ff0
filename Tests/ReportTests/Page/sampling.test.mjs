// Many values on few pixels: nothing is lost, extremes stay.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_ARROWS, clipped, fewGroups, grouped } from '../../../Sources/ReportPage/script/arrowgroups.js';
import { SECOND, instants } from '../../../Sources/ReportPage/script/columns.js';
import { assignRows } from '../../../Sources/ReportPage/script/rows.js';
import {
    Bins, addCover, densityLevel, eachStretch, endOfPixel, largest, mergedBars, spreadRows,
} from '../../../Sources/ReportPage/script/sampling.js';
import { TimeScale } from '../../../Sources/ReportPage/script/scale.js';

const total = (values) => values.reduce((sum, value) => sum + value, 0);

// Deterministic numbers in [0, 1).
function random(seed) {
    let state = seed;
    return () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 4294967296;
    };
}

test('cover adds up to the length, inside the cells only', () => {
    const sums = new Float64Array(11);
    addCover(sums, 2.25, 2.75, 1);
    assert.equal(sums[2], 0.5);
    addCover(sums, 3.5, 7.25, 2);
    assert.deepEqual([...sums.slice(3, 8)], [1, 2, 2, 2, 0.5]);
    const outside = new Float64Array(11);
    addCover(outside, -5, 3, 1);
    addCover(outside, 9, 99, 1);
    assert.deepEqual([...outside], [1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0]);
    addCover(outside, 50, 60, 1);
    addCover(outside, 4, 4, 1);
    addCover(outside, 6, 5, 1);
    assert.equal(total(outside), 4);
});

test('spreading rows keeps their total', () => {
    for (const cells of [1, 7, 100, 1000]) {
        const rows = [[1, 0, '5', 10], [100, 2, 3, 4]];
        const sums = new Float64Array(cells);
        spreadRows(rows, 250n, sums, (cells - 1) / 1000 || 0.0001);
        assert.ok(Math.abs(total(sums) - 125) < 1e-9, `${cells} cells: ${total(sums)}`);
        assert.ok(largest(sums) >= 100 / Math.ceil(cells / 4 + 1), `${cells} cells: the peak is gone`);
    }
});

test('stretches are maximal, and empty ones are left out', () => {
    const levels = [0, 2, 2, 0, 3, 1, 1, 1];
    const found = [];
    eachStretch(levels.length, (i) => levels[i], (...stretch) => found.push(stretch));
    assert.deepEqual(found, [[1, 3, 2], [4, 5, 3], [5, 8, 1]]);
    eachStretch(0, () => 1, () => assert.fail('there is no cell'));
});

test('a single event beside thousands is seen, and more is never lower', () => {
    assert.equal(densityLevel(0, 5000, 14), 0);
    const levels = [1, 2, 10, 100, 1000, 5000].map((value) => densityLevel(value, 5000, 14));
    assert.ok(levels[0] >= 4, `${levels}`);
    levels.slice(1).forEach((level, i) => assert.ok(level > levels[i], `${levels}`));
    assert.ok(levels.at(-1) <= 28);
});

test('lines on one pixel are one group that ends where the next pixel begins', () => {
    const scale = new TimeScale(0n, 1000n, 100);
    const column = instants([0, 1, 1, 10, 10, 200]);
    const groups = [];
    for (let start = 0; start < column.length;) {
        const stop = endOfPixel(column, start, scale);
        groups.push([start, stop]);
        start = stop;
    }
    assert.deepEqual(groups, [[0, 4], [4, 5], [5, 6]]);
});

test('merged bars hold every run and show the worst', () => {
    const span = (x0, x1, row, rank, run) => ({ x0, x1, row, rank, run });
    const bars = mergedBars([
        span(10, 10.5, 0, 0, 'a'), span(10.6, 11, 0, 2, 'b'), span(11.2, 11.3, 0, 1, 'c'),
        // Too far, too wide, another row.
        span(12, 12.1, 0, 0, 'd'), span(12.5, 30, 0, 0, 'e'), span(12, 12.1, 1, 1, 'f'),
    ]);
    assert.deepEqual(bars.map(({ runs, rank, row }) => [runs.join(''), rank, row]), [
        ['abc', 2, 0], ['d', 0, 0], ['e', 0, 0], ['f', 1, 1],
    ]);
});

test('bins stay where they are while the window moves, and hold every instant of it', () => {
    const late = (1n << 56n) + 7n;
    for (const from of [0n, 999n, SECOND - 1n, late]) {
        const scale = new TimeScale(from, from + 1000n, 100);
        const bins = new Bins(scale, 50n);
        assert.equal(bins.from % 50n, 0n);
        assert.ok(bins.from <= from && bins.from + BigInt(bins.count) * 50n > scale.to);
        for (let time = from; time <= scale.to; time += 7n) {
            const place = bins.place(Number(time / SECOND), Number(time % SECOND));
            assert.equal(BigInt(place), (time - bins.from) / 50n);
            assert.ok(place >= 0 && place < bins.count);
        }
        // An instant before the first bin.
        assert.ok(bins.place(Number(bins.from / SECOND), Number(bins.from % SECOND) - 1) < 0);
        assert.equal(bins.placeOfMiddle(bins.from, 50n), 0);
        assert.equal(bins.placeOfMiddle(bins.from + 50n, 10n), 1);
    }
});

test('lines are clipped to the box, with their slope', () => {
    const box = { left: 0, right: 100, top: 0, bottom: 50 };
    assert.deepEqual(clipped(10, 10, 20, 20, box), { x0: 10, y0: 10, x1: 20, y1: 20, hasHead: true });
    assert.deepEqual(clipped(-100, 0, 100, 40, box), { x0: 0, y0: 20, x1: 100, y1: 40, hasHead: true });
    assert.deepEqual(clipped(50, 0, 150, 40, box), { x0: 50, y0: 0, x1: 100, y1: 20, hasHead: false });
    assert.deepEqual(clipped(50, -50, 50, 100, box), { x0: 50, y0: 0, x1: 50, y1: 50, hasHead: false });
    assert.deepEqual(clipped(20, 30, 40, -10, box), { x0: 20, y0: 30, x1: 35, y1: 0, hasHead: false });
    for (const line of [[-20, 0, -10, 40], [110, 0, 120, 40], [0, -20, 100, -10], [0, 60, 100, 70]]) {
        assert.equal(clipped(...line, box), null);
    }
});

// Arrows as grouped() wants them.
const visitor = (lines) => (take) => lines.forEach(
    ({ line, from = 0, to = 1, fate = 0 }, i) => take(i, line, from, to, fate));

test('arrows that would be painted on each other are one group, of one fate', () => {
    const line = { x0: 5.2, y0: 10, x1: 9.1, y1: 30, hasHead: true };
    const { groups, total: seen } = grouped(visitor([
        { line }, { line: { ...line, x0: 5.9 } }, { line, fate: 1 }, { line: { ...line, x1: 40 } }, { line, to: 2 },
    ]), 1, 1);
    assert.equal(seen, 5);
    assert.deepEqual(groups.map(({ first, last, count, fate, isMixed }) => [first, last, count, fate, isMixed]), [
        [0, 4, 3, 0, true], [2, 2, 1, 1, false], [3, 3, 1, 0, false],
    ]);
});

test('there are never too many groups, and every arrow of the view is counted', () => {
    const next = random(20260101);
    const arrows = (count, width) => Array.from({ length: count }, () => {
        const [x0, y0] = [next() * width, next() * 800];
        return { line: { x0, y0, x1: x0 + next() * 100, y1: next() * 800, hasHead: true } };
    });
    for (const [count, width] of [[0, 10], [100, 1000], [5000, 20], [60000, 1200]]) {
        const { groups, total: seen, grain } = fewGroups(visitor(arrows(count, width)), 1);
        assert.equal(seen, count);
        assert.ok(groups.length <= MOST_ARROWS, `${count} arrows: ${groups.length} groups, seed 20260101`);
        assert.ok(grain >= 1 && grain <= 8);
        if (count > 0) assert.ok(groups.length > 0);
        if (count === 100) assert.equal(total(groups.map((group) => group.count)), count);
    }
});

test('what overlaps is in different rows, at most three', () => {
    const item = (start, stop, owner) => ({ start, stop, owner });
    const place = (items) => {
        const rows = assignRows(items, (one) => one.stop, (one) => one.owner);
        return [rows, ...items.map(({ row }) => row)];
    };
    assert.deepEqual(place([item(0n, 10n, 'a'), item(10n, 20n, 'b')]), [1, 0, 0]);
    assert.deepEqual(place([item(0n, 10n, 'a'), item(5n, 20n, 'b'), item(12n, 13n, 'c')]), [2, 0, 1, 0]);
    // The same owner keeps its row though the first is free again.
    assert.deepEqual(place([item(0n, 10n, 'a'), item(5n, 8n, 'b'), item(20n, 30n, 'b')]), [2, 0, 1, 1]);
    const four = [item(0n, 9n, 'a'), item(1n, 9n, 'b'), item(2n, 9n, 'c'), item(3n, 9n, 'd')];
    assert.deepEqual(place(four), [3, 0, 1, 2, 2]);
    assert.deepEqual(place([]), [0]);
});
