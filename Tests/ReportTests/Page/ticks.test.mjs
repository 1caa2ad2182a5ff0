// Steps of ticks, their labels, and times as text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SECOND } from '../../../Sources/ReportPage/script/columns.js';
import {
    DAY, YEAR, bytesText, countText, dateText, decimalText, durationText, instantText, percentText, plural,
    shortDuration, shortInstant,
} from '../../../Sources/ReportPage/script/format.js';
import { TimeScale } from '../../../Sources/ReportPage/script/scale.js';
import { eachTick, tickBase, tickLabel, tickStep, tickSteps } from '../../../Sources/ReportPage/script/ticks.js';

const HOUR = 3600n * SECOND;

function ticks(from, to, width, end, pixels) {
    const scale = new TimeScale(from, to, width);
    const step = tickStep(tickSteps(end), scale, pixels);
    const base = tickBase(scale, step);
    const found = [];
    eachTick(scale, step, (time, x) => found.push({ time, x, label: tickLabel(time, step, base, end) }));
    return { step, base, found };
}

test('the labels of an axis have one form', () => {
    // Of an hour and more all are clocks, also those below an hour; of less all are seconds.
    const { found } = ticks(0n, 2n * HOUR, 1000, 2n * HOUR, 80);
    assert.ok(found.length > 3);
    found.forEach(({ label }) => assert.match(label, /^\d\d:\d\d:\d\d$/));
    ticks(0n, HOUR - 1n, 1000, HOUR - 1n, 80).found.forEach(({ label }) => assert.match(label, / s$/));
});

test('steps ascend and suit the length of the run', () => {
    for (const end of [1n, 10n * SECOND, HOUR - 1n, HOUR, 30n * DAY, 500n * YEAR]) {
        const steps = tickSteps(end);
        steps.slice(1).forEach((step, i) => assert.ok(step > steps[i], `${steps[i]}, ${step}`));
        assert.equal(steps[0], 1n);
    }
    // Less than an hour is labelled in seconds, more in hours and minutes.
    assert.ok(tickSteps(HOUR - 1n).includes(50n * SECOND));
    assert.ok(!tickSteps(HOUR).includes(50n * SECOND));
    assert.ok(tickSteps(HOUR).includes(60n * SECOND));
});

test('ticks are as far apart as asked, and no further than needed', () => {
    for (let exponent = 1; exponent < 19; exponent++) {
        const span = 10n ** BigInt(exponent) * 3n;
        const { step, found } = ticks(0n, span, 1000, span, 100);
        const distance = Number(step) / Number(span) * 1000;
        assert.ok(distance >= 100 - 1e-6, `${span} ns: ${distance} pixels apart`);
        assert.ok(distance <= 400, `${span} ns: ${distance} pixels apart`);
        assert.ok(found.length >= 2 && found.length <= 11);
        const labels = found.map(({ label }) => label);
        assert.equal(new Set(labels).size, labels.length, labels.join());
    }
});

test('ticks are multiples of the step inside the window, ends included', () => {
    const { step, found } = ticks(200n, 1000n, 800, 1000n, 100);
    assert.equal(step, 100n);
    assert.deepEqual(found.map(({ time }) => time), [200n, 300n, 400n, 500n, 600n, 700n, 800n, 900n, 1000n]);
    assert.deepEqual(found.map(({ x }) => x), [0, 100, 200, 300, 400, 500, 600, 700, 800]);
    assert.deepEqual(ticks(201n, 299n, 98, 1000n, 60).found, []);
});

test('beyond the largest step there is the largest', () => {
    const steps = tickSteps(1000n);
    const scale = new TimeScale(0n, 10n ** 15n * SECOND, 10);
    assert.equal(tickStep(steps, scale, 100), steps[steps.length - 1]);
});

test('labels of nanoseconds and microseconds count from a round instant', () => {
    const late = 3n * YEAR + 5n * SECOND;
    const fine = ticks(late + 1230n, late + 1330n, 1000, 4n * YEAR, 100);
    assert.equal(fine.base, late + 1000n);
    assert.deepEqual(fine.found.slice(0, 2).map(({ label }) => label), ['+230 ns', '+240 ns']);
    const coarse = ticks(late + 1230000n, late + 1330000n, 1000, 4n * YEAR, 100);
    assert.equal(coarse.base, late + 1000000n);
    assert.deepEqual(coarse.found.slice(0, 2).map(({ label }) => label), ['+230 µs', '+240 µs']);
    assert.equal(tickLabel(late + 1500n, 500n, late, late), '+1,500 ns');
});

test('labels have the digits that tell neighbours apart', () => {
    const label = (time, step) => tickLabel(time, step, null);
    assert.equal(label(1500000000n, 1000000n), '1.500 s');
    assert.equal(label(1500000000n, 10000000n), '1.50 s');
    assert.equal(label(1500000000n, 100000000n), '1.5 s');
    assert.equal(label(2n * SECOND, SECOND), '2 s');
    assert.equal(label(2n * HOUR, HOUR), '02:00:00');
    assert.equal(label(DAY + HOUR, HOUR), '1 d 01:00:00');
    assert.equal(label(5n * DAY, DAY), '5 d');
    assert.equal(label(2n * YEAR, YEAR), '2 y');
});

test('instants have all digits, short ones are cut', () => {
    assert.equal(instantText(0n), '0.000000000 s');
    assert.equal(instantText(HOUR - 1n), '3599.999999999 s');
    assert.equal(instantText(HOUR), '01:00:00.000000000');
    assert.equal(instantText(DAY - 1n), '23:59:59.999999999');
    assert.equal(instantText(DAY + 1n), '1 d 00:00:00.000000001');
    assert.equal(shortInstant(1999999999n), '1.999 s');
    assert.equal(shortInstant(DAY - 1n), '23:59:59.999');
});

test('durations are exact, short ones have three digits', () => {
    const exact = [[0n, '0 ns'], [999n, '999 ns'], [1000n, '1 µs'], [1001n, '1.001 µs'], [1500000n, '1.5 ms'],
        [SECOND - 1n, '999.999999 ms'], [SECOND, '1 s'], [HOUR, '01:00:00'], [DAY, '1 d'],
        [DAY + SECOND, '1 d 00:00:01'], [-5n, '−5 ns']];
    for (const [value, text] of exact) assert.equal(durationText(value), text);
    const short = [[0n, '0 ns'], [999n, '999 ns'], [1234n, '1.23 µs'], [119n * SECOND, '119 s'],
        [120n * SECOND, '2 min'], [HOUR, '1 h'], [2n * DAY, '2 d'], [2n * YEAR, '2 y']];
    for (const [value, text] of short) assert.equal(shortDuration(value), text);
});

test('dates, counts, sizes and shares', () => {
    assert.equal(dateText(1767225600n * SECOND + 1n), '2026-01-01 00:00:00.000000001 UTC');
    assert.equal(dateText(10n ** 30n), '');
    assert.equal(countText(1234567), '1,234,567');
    assert.equal(countText('18446744073709551615'), '18,446,744,073,709,551,615');
    assert.equal(plural(1, 'frame'), '1 frame');
    assert.equal(plural(0, 'frame'), '0 frames');
    assert.equal(plural('2', 'reply', 'replies'), '2 replies');
    assert.equal(bytesText(999), '999 B');
    assert.equal(bytesText(1500), '1.5 kB');
    assert.equal(bytesText('1234567890'), '1.23 GB');
    assert.equal(percentText(0.0123), '1.2 %');
    assert.equal(percentText(0.5), '50 %');
    assert.equal(decimalText(1500n, 1000n), '1.5');
});
