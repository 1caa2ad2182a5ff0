// Instants to pixels and back, windows, columns of instants.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    SECOND, durations, instants, lowerBound, roundedAt, selected, toInstant, valueAt,
} from '../../../Sources/ReportPage/script/columns.js';
import {
    NARROWEST, TimeScale, centredWindow, windowAround, windowInside, windowWithMargin, zoomedWindow,
} from '../../../Sources/ReportPage/script/scale.js';

const YEAR = 31536000n * SECOND;
const columnOf = (time) => instants([String(time)]);

test('a nanosecond has its own pixels at the end of a century', () => {
    const from = 100n * YEAR + 123456789n;
    const scale = new TimeScale(from, from + 100n, 1000);
    for (let i = 0n; i <= 100n; i++) {
        const pixel = Number(i) * 10;
        assert.equal(scale.pixelOf(from + i), pixel);
        assert.equal(scale.pixelAt(columnOf(from + i), 0), pixel);
        assert.equal(scale.instantAt(pixel), from + i);
        // Up to half of a nanosecond's width beside it.
        assert.equal(scale.instantAt(pixel + 4), from + i);
        assert.equal(scale.instantAt(pixel - 4), from + i);
    }
});

test('a window across a second keeps the order of its nanoseconds', () => {
    const from = 5n * SECOND - 10n;
    const scale = new TimeScale(from, 5n * SECOND + 10n, 200);
    const pixels = [];
    for (let time = from; time <= scale.to; time++) pixels.push(scale.pixelAt(columnOf(time), 0));
    assert.deepEqual(pixels, Array.from({ length: 21 }, (_, i) => i * 10));
});

test('a window of years is mapped to its ends, and back within a pixel', () => {
    const scale = new TimeScale(0n, 580n * YEAR, 1200);
    assert.equal(scale.pixelOf(0n), 0);
    assert.equal(scale.pixelOf(580n * YEAR), 1200);
    assert.equal(scale.instantAt(0), 0n);
    for (const time of [1n, SECOND, YEAR, 290n * YEAR, 580n * YEAR - 1n]) {
        const back = scale.instantAt(scale.pixelOf(time));
        const far = back > time ? back - time : time - back;
        assert.ok(far <= scale.nanoseconds(1), `${time} came back as ${back}`);
    }
});

test('a window is never narrower than the least, and never outside of the run', () => {
    const end = 1000n;
    assert.deepEqual(windowInside(100n, 101n, end), { from: 91n, to: 111n });
    assert.deepEqual(windowInside(0n, 1n, end), { from: 0n, to: NARROWEST });
    assert.deepEqual(windowInside(999n, 1000n, end), { from: 980n, to: 1000n });
    assert.deepEqual(windowInside(-500n, 5000n, end), { from: 0n, to: 1000n });
    assert.deepEqual(windowInside(-100n, 100n, end), { from: 0n, to: 200n });
    assert.deepEqual(windowInside(900n, 1100n, end), { from: 800n, to: 1000n });
    // A run shorter than the least window has a whole of that width: see wholeEnd in view.js.
    assert.deepEqual(windowInside(0n, 3n, NARROWEST), { from: 0n, to: NARROWEST });
});

test('zooming keeps the instant under the pointer', () => {
    const end = 10n * YEAR;
    let scale = new TimeScale(0n, end, 1000);
    for (let i = 0; i < 60; i++) {
        const pinned = scale.instantAt(250);
        const { from, to } = zoomedWindow(scale, 250, 0.5, end);
        scale = new TimeScale(from, to, 1000);
        const far = scale.instantAt(250) - pinned;
        assert.ok(far <= scale.nanoseconds(2) + 1n && far >= -scale.nanoseconds(2) - 1n, `step ${i}: ${far} ns away`);
    }
    assert.equal(scale.to - scale.from, NARROWEST);
    const { from, to } = zoomedWindow(new TimeScale(0n, end, 1000), 500, 4, end);
    assert.deepEqual(windowInside(from, to, end), { from: 0n, to: end });
});

test('windows around an instant and around a stretch', () => {
    const end = 1000000n;
    assert.deepEqual(centredWindow(500n, 100n), { from: 450n, to: 550n });
    // From far away it goes near, from near it stays so.
    const near = windowAround(5000n, new TimeScale(0n, end, 100), end);
    assert.equal(near.to - near.from, end / 20n + 1n);
    assert.deepEqual(windowAround(5000n, new TimeScale(0n, 1000n, 100), end), { from: 4500n, to: 5500n });
    assert.deepEqual(windowWithMargin(1200n, 2400n), { from: 1099n, to: 2501n });
    assert.deepEqual(windowWithMargin(0n, 12n), { from: 0n, to: 14n });
});

test('columns hold what doubles cannot', () => {
    const late = (1n << 56n) + 12345n;
    const column = instants([String(late), 1, 1, '9007199254740993', 0]);
    const expected = [late, late + 1n, late + 2n, late + 2n + 9007199254740993n, late + 2n + 9007199254740993n];
    assert.deepEqual(expected.map((_, i) => valueAt(column, i)), expected);
    assert.ok(column.nanoseconds.every((rest) => rest >= 0 && rest < 1e9));
    const taken = durations([999999999, 1000000000, String(late), 0]);
    assert.deepEqual([0, 1, 2, 3].map((i) => valueAt(taken, i)), [999999999n, 1000000000n, late, 0n]);
    assert.equal(roundedAt(taken, 1), 1e9);
    const some = selected(column, [1, 3]);
    assert.deepEqual([valueAt(some, 0), valueAt(some, 1), some.length], [expected[1], expected[3], 2]);
    assert.equal(toInstant(null), null);
    assert.equal(toInstant(undefined), null);
    assert.equal(toInstant('18446744073709551615'), 18446744073709551615n);
    assert.equal(toInstant(0), 0n);
});

test('the first row that is not before an instant', () => {
    const column = instants([5, 0, 1000000000, 1]);
    for (const [time, row] of [[0n, 0], [5n, 0], [6n, 2], [1000000005n, 2], [1000000006n, 3], [1000000007n, 4]]) {
        assert.equal(lowerBound(column, time), row, `${time}`);
    }
    assert.equal(lowerBound(instants([]), 7n), 0);
});
