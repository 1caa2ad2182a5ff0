// Where lanes are, and what was painted on them.

import { byId } from './dom.js';
import { barRows, hasFaults } from './faults.js';
import { allLanes, laneCount } from './model.js';
import { scroller } from './view.js';

// By row, the lane that is shown there; by lane, its row, -1 while it is not shown.
export const shownLanes = { lanes: allLanes, rows: allLanes };
export const rowCount = () => shownLanes.lanes.length;
export const laneOfRow = (row) => shownLanes.lanes[row];
export const rowOfLane = (lane) => shownLanes.rows[lane];

// Shows the lanes for which `isShown` is true.
export function showLanes(isShown) {
    shownLanes.lanes = allLanes.filter(isShown);
    shownLanes.rows = Array.from({ length: laneCount }, () => -1);
    shownLanes.lanes.forEach((lane, row) => { shownLanes.rows[lane] = row; });
}

// Heights in pixels. In a lane, from its top: rows of bars, the band of states, marks.
export const layout = {
    laneHeight: 20, areAllShown: false, scrolled: 0, bar: 0, band: 0, marks: 0, top: 0, bandTop: 0, marksTop: 0,
};

// What was painted and can be pointed at, in the order of painting.
export const painted = { bars: [], marks: [], arrows: [] };

function setHeights(bar, band, marks, gap) {
    const rows = Math.max(1, barRows);
    layout.bar = bar;
    layout.band = band;
    layout.marks = marks;
    layout.top = Math.max(0.5, (layout.laneHeight - bar * rows - band - marks - 2 * gap) / 2);
    layout.bandTop = layout.top + bar * rows + gap;
    layout.marksTop = layout.bandTop + band + gap;
}

// Chooses the height of lanes for the height of the window and the number of lanes; low lanes have fewer parts.
export function layoutLanes() {
    const room = Math.max(230, Math.min(900, window.innerHeight - 320));
    const bars = Math.max(1, barRows);
    const rows = Math.max(1, rowCount());
    if (layout.areAllShown) layout.laneHeight = Math.max(1, Math.min(20, room / rows));
    else {
        const tallest = (rows <= 4 ? 62 : 46) + 20 * bars;
        layout.laneHeight = Math.max(24, Math.min(tallest, Math.floor(room / rows)));
    }
    const height = layout.laneHeight;
    if (height >= 40 + 12 * bars) setHeights(Math.min(18, (height - 40) / bars), 14, 10, 4);
    else if (height >= 30) setHeights((height - 19) / bars, 9, 5, 2);
    else if (height >= 12) setHeights(Math.max(2, (height - 11) / bars), 7, 3, 0);
    else setHeights(0, Math.max(1.5, height - 1), 0, 0);
    const scrollHeight = Math.ceil(Math.min(room, height * rows));
    scroller.style.height = scrollHeight + 'px';
    byId('spacer').style.height = Math.max(0, height * rows - scrollHeight) + 'px';
}

// The lane of faults stays at the top while the others scroll.
export const isFaultLanePinned = () => hasFaults && layout.scrolled > 0 && layout.laneHeight >= 12;
export const rowTop = (row) => (row === 0 && isFaultLanePinned() ? 0 : row * layout.laneHeight - layout.scrolled);
export const laneTop = (lane) => rowTop(rowOfLane(lane));
// The lane at a height of the canvas; -1: there is none.
export function laneAt(y) {
    if (isFaultLanePinned() && y < layout.laneHeight) return laneOfRow(0);
    const row = Math.floor((y + layout.scrolled) / layout.laneHeight);
    return row >= 0 && row < rowCount() ? laneOfRow(row) : -1;
}
export const bandTop = (lane) => laneTop(lane) + layout.bandTop;
export const bandMiddle = (lane) => bandTop(lane) + layout.band / 2;
export const markSize = () => Math.max(3, Math.min(5.5, layout.laneHeight / 5));

// Scrolls a lane that has a row into view.
export function reveal(lane) {
    const top = rowOfLane(lane) * layout.laneHeight;
    if (top < scroller.scrollTop || top + layout.laneHeight > scroller.scrollTop + scroller.clientHeight) {
        scroller.scrollTop = top - scroller.clientHeight / 2;
    }
}
