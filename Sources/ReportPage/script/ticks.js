// Ticks of a time axis: steps between them, and their labels.

import { SECOND } from './columns.js';
import { DAY, YEAR, countText, decimalText, instantLike } from './format.js';

// Seconds above 20 s in runs of an hour and more: those have labels of hours and minutes.
const CLOCK_STEPS = [30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000,
    864000, 1728000, 4320000, 8640000];

// The steps for a run that ends at `end`, ascending: 1, 2 and 5 of each power of ten ns, then what clocks and
// calendars have.
export function tickSteps(end) {
    const isInSeconds = end < 3600n * SECOND;
    const steps = [];
    for (let unit = 1n; unit < 1000n * SECOND; unit *= 10n) {
        for (const factor of [1n, 2n, 5n]) {
            if (isInSeconds || unit * factor <= 20n * SECOND) steps.push(unit * factor);
        }
    }
    if (!isInSeconds) steps.push(...CLOCK_STEPS.map((seconds) => BigInt(seconds) * SECOND));
    for (let years = 1n; years < 1000n; years *= 10n) {
        for (const factor of [1n, 2n, 5n]) steps.push(years * factor * YEAR);
    }
    return steps;
}

// The smallest step of at least so many pixels.
export function tickStep(steps, scale, pixels) {
    const least = pixels / scale.pixelsPerNanosecond;
    return steps.find((step) => Number(step) >= least) || steps[steps.length - 1];
}

// Calls `visit` with the instant and the pixel of each tick in the window.
export function eachTick(scale, step, visit) {
    let time = (scale.from / step) * step;
    if (time < scale.from) time += step;
    for (; time <= scale.to; time += step) visit(time, scale.pixelOf(time));
}

// The round instant that labels of steps below a millisecond count from; null for longer steps.
export function tickBase(scale, step) {
    if (step >= 1000000n) return null;
    const unit = step >= 1000n ? 1000000n : 1000n;
    return (scale.from / unit) * unit;
}

// - base: what tickBase returned for the step.
// - end: the end of the run, which decides whether labels are clocks or seconds.
export function tickLabel(time, step, base, end) {
    if (base !== null) {
        const unit = step >= 1000n ? 1000n : 1n;
        return '+' + countText(decimalText(time - base, unit).replace(/\.0+$/, '')) + (unit === 1n ? ' ns' : ' µs');
    }
    if (step >= YEAR) return time / YEAR + ' y';
    if (step >= DAY) return time / DAY + ' d';
    const digits = step >= SECOND ? 0 : step >= 100000000n ? 1 : step >= 10000000n ? 2 : 3;
    return instantLike(time, end).replace(/\.\d{9}/, (fraction) => (digits === 0 ? '' : fraction.slice(0, digits + 1)));
}
