// What the page shows: the window of time, the instant that was found, the pointer; and the request to paint it.

import { byId } from './dom.js';
import { end } from './model.js';
import { NARROWEST, TimeScale, centredWindow, windowInside, zoomedWindow } from './scale.js';

// Width of the column of names, and of the margins on both sides of the window: nothing is cut at its ends.
export const GUTTER = 156;
export const MARGIN = 10;
// Where the window begins on a canvas.
export const LEFT = GUTTER + MARGIN;

export const wholeEnd = end > NARROWEST ? end : NARROWEST;
export let scale = new TimeScale(0n, wholeEnd, 1);

export const scroller = byId('scroller');
// The pixels for time; the scroll bar of the lanes takes some of them.
export const widthForTime = () => byId('overview').clientWidth - GUTTER - 2 * MARGIN
    - (scroller.offsetWidth - scroller.clientWidth);

// Whether a pixel is on the canvas to the right of the names.
export const isVisible = (x) => x >= -MARGIN && x <= scale.width + MARGIN;

// `found` is { time, lane } of a search or a click; `pointer` { x, y, selectFrom } while it is over a canvas.
export const cursor = { found: null, pointer: null };

const listeners = { paint: null, change: null };
let isPaintPending = false;

// - paint: paints everything. change: called when the user has changed the window.
export function observeView(paint, change) {
    listeners.paint = paint;
    listeners.change = change;
}

// Paints in the next frame of the browser, once however often it is asked.
export function repaint() {
    if (isPaintPending) return;
    isPaintPending = true;
    requestAnimationFrame(() => {
        isPaintPending = false;
        listeners.paint();
    });
}

function setScale(from, to) { scale = new TimeScale(from, to, Math.max(50, widthForTime())); }

// Adapts the scale to the width of the page.
export function measure() { setScale(scale.from, scale.to); }

// Shows the window, or what is nearest to it. Silently: without telling the listener of changes.
export function setWindow({ from, to }, isSilent) {
    const shown = windowInside(from, to, wholeEnd);
    setScale(shown.from, shown.to);
    repaint();
    if (!isSilent) listeners.change();
}

// Zooms by a factor; the instant at the pixel stays there.
export function zoomAbout(x, factor) { setWindow(zoomedWindow(scale, x, factor, wholeEnd)); }

export function pan(pixels) {
    const by = scale.nanoseconds(pixels);
    setWindow({ from: scale.from + by, to: scale.to + by });
}

export function showAll() { setWindow({ from: 0n, to: wholeEnd }); }

export function centreOn(time) { setWindow(centredWindow(time, scale.to - scale.from)); }
