// Ways to an instant, a lane, a stretch of time.

import { reveal } from './lanes.js';
import { laneStart } from './model.js';
import { windowAround, windowWithMargin } from './scale.js';
import { cursor, repaint, scale, setWindow, wholeEnd } from './view.js';

// Marks an instant on a lane and shows it from near.
export function jumpTo(time, lane) {
    cursor.found = { time, lane };
    reveal(lane);
    setWindow(windowAround(time, scale, wholeEnd));
}

// Marks a lane at its start; the window stays.
export function jumpToLane(lane) {
    cursor.found = { time: laneStart[lane] ?? 0n, lane };
    reveal(lane);
    repaint();
}

// Shows a stretch of time with a margin.
export function showStretch(from, to) { setWindow(windowWithMargin(from, to)); }
