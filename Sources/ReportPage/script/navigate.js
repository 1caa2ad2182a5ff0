// Ways to an instant, a lane, a stretch of time.

import { clearFilter } from './filter.js';
import { isMissing } from './columns.js';
import { reveal, rowOfLane } from './lanes.js';
import { laneStart } from './model.js';
import { windowAround, windowWithMargin } from './scale.js';
import { cursor, repaint, scale, setWindow, wholeEnd } from './view.js';

// Scrolls a lane into view, whatever the filter.
export function showLane(lane) {
    if (isMissing(lane) || lane < 0) return;
    if (rowOfLane(lane) < 0) clearFilter();
    reveal(lane);
}

// Marks an instant on a lane and shows it from near.
export function jumpTo(time, lane) {
    cursor.found = { time, lane };
    showLane(lane);
    setWindow(windowAround(time, scale, wholeEnd));
}

// Marks a lane at its start; the window stays.
export function jumpToLane(lane) {
    cursor.found = { time: laneStart[lane] ?? 0n, lane };
    showLane(lane);
    repaint();
}

// Shows a stretch of time with a margin.
export function showStretch(from, to) { setWindow(windowWithMargin(from, to)); }
