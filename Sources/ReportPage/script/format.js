// Times, counts and sizes as text. Times are BigInt ns; a time is cut, never rounded up.

import { SECOND } from './columns.js';

const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
export const DAY = 24n * HOUR;
export const YEAR = 365n * DAY;

const padded = (value, width) => String(value).padStart(width, '0');

// value / unit in decimal, without trailing zeros; unit is a power of ten.
export function decimalText(value, unit) {
    const fraction = String(value % unit + unit).slice(1).replace(/0+$/, '');
    return String(value / unit) + (fraction ? '.' + fraction : '');
}

function clockText(value, isTrimmed) {
    let fraction = '.' + padded(value % SECOND, 9);
    if (isTrimmed) fraction = fraction.replace(/\.?0+$/, '');
    return padded(value / HOUR, 2) + ':' + padded(value / MINUTE % 60n, 2) + ':' + padded(value / SECOND % 60n, 2)
        + fraction;
}

// A duration, exact: `1.5 ms`, `02:46:40`, `3 d 00:00:01`.
export function durationText(value) {
    if (value < 0n) return '−' + durationText(-value);
    if (value >= DAY) {
        const rest = value % DAY;
        return value / DAY + ' d' + (rest > 0n ? ' ' + clockText(rest, true) : '');
    }
    if (value >= HOUR) return clockText(value, true);
    if (value >= SECOND) return decimalText(value, SECOND) + ' s';
    if (value >= 1000000n) return decimalText(value, 1000000n) + ' ms';
    if (value >= 1000n) return decimalText(value, 1000n) + ' µs';
    return value + ' ns';
}

// A duration to about three significant digits: `1.23 ms`, `90 s`, `36 h`.
export function shortDuration(value) {
    const nanoseconds = Number(value);
    const units = [[365 * 86400e9, 'y', 2], [86400e9, 'd', 2], [3600e9, 'h', 1], [60e9, 'min', 2], [1e9, 's', 1],
        [1e6, 'ms', 1], [1e3, 'µs', 1]];
    for (const [unit, name, least] of units) {
        if (nanoseconds < unit * least) continue;
        const ratio = nanoseconds / unit;
        return (ratio >= 100 ? ratio.toFixed(0) : Number(ratio.toPrecision(3))) + ' ' + name;
    }
    return nanoseconds + ' ns';
}

// An instant with all its digits.
export function instantText(value) {
    if (value >= DAY) return value / DAY + ' d ' + clockText(value % DAY, false);
    if (value >= HOUR) return clockText(value, false);
    return value / SECOND + '.' + padded(value % SECOND, 9) + ' s';
}

// An instant in the form that `end` has: one form for all instants of a run.
export const instantLike = (value, end) => (end >= HOUR && value < HOUR ? clockText(value, false) : instantText(value));

// An instant to the millisecond, as tables show it.
export const shortInstant = (value) => instantText(value).replace(/(\.\d{3})\d{6}/, '$1');

// Date and time of day, UTC, of an instant ns after the Unix epoch; empty beyond what a Date holds.
export function dateText(sinceEpoch) {
    const date = new Date(Number(sinceEpoch / 1000000n));
    if (isNaN(date)) return '';
    return date.toISOString().slice(0, 19).replace('T', ' ') + '.' + padded(sinceEpoch % SECOND, 9) + ' UTC';
}

// `1,234,567`.
export const countText = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

// `1 frame`, `2 frames`.
export const plural = (value, one, many) => countText(value) + ' ' + (BigInt(value) === 1n ? one : many || one + 's');

export function bytesText(value) {
    const bytes = Number(value);
    for (const [unit, name] of [[1e12, 'TB'], [1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']]) {
        if (bytes >= unit) return Number((bytes / unit).toPrecision(3)) + ' ' + name;
    }
    return Math.round(bytes) + ' B';
}

// A part of a whole: `12 %`, below a tenth `1.2 %`.
export const percentText = (share) => (share * 100).toFixed(share < 0.1 ? 1 : 0) + ' %';
