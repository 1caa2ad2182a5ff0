// Where lanes are, and what was painted on them.

import { isMissing } from './columns.js';
import { byId } from './dom.js';
import { barRows, hasFaults } from './faults.js';
import { laneCount } from './model.js';
import { scroller } from './view.js';

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
    const rows = Math.max(1, barRows);
    if (layout.areAllShown) layout.laneHeight = Math.max(1, Math.min(20, room / laneCount));
    else {
        const tallest = (laneCount <= 4 ? 62 : 46) + 20 * rows;
        layout.laneHeight = Math.max(24, Math.min(tallest, Math.floor(room / laneCount)));
    }
    const height = layout.laneHeight;
    if (height >= 40 + 12 * rows) setHeights(Math.min(18, (height - 40) / rows), 14, 10, 4);
    else if (height >= 30) setHeights((height - 19) / rows, 9, 5, 2);
    else if (height >= 12) setHeights(Math.max(2, (height - 11) / rows), 7, 3, 0);
    else setHeights(0, Math.max(1.5, height - 1), 0, 0);
    const shown = Math.ceil(Math.min(room, height * laneCount));
    scroller.style.height = shown + 'px';
    byId('spacer').style.height = Math.max(0, height * laneCount - shown) + 'px';
}

// The lane of faults stays at the top while the others scroll.
export const isFaultLanePinned = () => hasFaults && layout.scrolled > 0 && layout.laneHeight >= 12;
export const laneTop = (lane) => (
    lane === 0 && isFaultLanePinned() ? 0 : lane * layout.laneHeight - layout.scrolled);
export const bandTop = (lane) => laneTop(lane) + layout.bandTop;
export const bandMiddle = (lane) => bandTop(lane) + layout.band / 2;
export const markSize = () => Math.max(3, Math.min(5.5, layout.laneHeight / 5));

// Scrolls a lane into view.
export function reveal(lane) {
    if (isMissing(lane) || lane < 0) return;
    const top = lane * layout.laneHeight;
    if (top < scroller.scrollTop || top + layout.laneHeight > scroller.scrollTop + scroller.clientHeight) {
        scroller.scrollTop = top - scroller.clientHeight / 2;
    }
}
