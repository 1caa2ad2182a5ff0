// The time scale: which instants are shown, and on which pixel each is. Pure; view.js holds the page's own scale.

import { SECOND } from './columns.js';

// The narrowest window, ns.
export const NARROWEST = 20n;

// Maps the window [from, to] of instants to the pixels [0, width]. Instants are subtracted before anything is
// multiplied, so that a nanosecond has its own pixel at the end of a year too.
export class TimeScale {
    constructor(from, to, width) {
        this.from = from;
        this.to = to;
        this.width = width;
        this.span = Number(to - from);
        this.pixelsPerNanosecond = width / this.span;
        this.fromSeconds = Number(from / SECOND);
        this.fromNanoseconds = Number(from % SECOND);
    }

    // The pixel of an instant that is split as columns.js splits it.
    pixel(seconds, nanoseconds) {
        return ((seconds - this.fromSeconds) * 1e9 + (nanoseconds - this.fromNanoseconds)) * this.pixelsPerNanosecond;
    }

    pixelAt(column, i) { return this.pixel(column.seconds[i], column.nanoseconds[i]); }

    pixelOf(time) { return Number(time - this.from) * this.pixelsPerNanosecond; }

    // The instant at a pixel, to the nearest nanosecond.
    instantAt(x) { return this.from + this.nanoseconds(x); }

    // How long so many pixels are.
    nanoseconds(pixels) { return BigInt(Math.round(pixels / this.pixelsPerNanosecond)); }
}

// The window nearest to [from, to] that is at least NARROWEST wide and inside [0, end].
export function windowInside(from, to, end) {
    let start = from;
    let width = to - from;
    if (width < NARROWEST) {
        start -= (NARROWEST - width) / 2n;
        width = NARROWEST;
    }
    if (width > end) width = end;
    if (start + width > end) start = end - width;
    if (start < 0n) start = 0n;
    return { from: start, to: start + width };
}

// The window that is `factor` times as wide and has the same instant at pixel x.
export function zoomedWindow(scale, x, factor, end) {
    const width = Math.max(Number(NARROWEST), Math.min(Number(end), scale.span * factor));
    const from = scale.instantAt(x) - BigInt(Math.round(x / scale.width * width));
    return { from, to: from + BigInt(Math.round(width)) };
}

// The window that shows an instant in its middle, near enough to see what is around it.
export function windowAround(time, scale, end) {
    const current = scale.to - scale.from;
    const width = current > end / 10n ? end / 20n + 1n : current;
    return centredWindow(time, width);
}

export const centredWindow = (time, width) => ({ from: time - width / 2n, to: time - width / 2n + width });

// The window that shows [from, to] with a margin on both sides.
export function windowWithMargin(from, to) {
    const margin = (to - from) / 12n + 1n;
    return { from: from - margin < 0n ? 0n : from - margin, to: to + margin };
}
