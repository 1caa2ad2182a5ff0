// Frames as arrows, few enough to paint: those that would be painted on each other are one group. Pure.

export const MOST_ARROWS = 3000;

// The part of the line from (x0, y0) to (x1, y1) inside the box, as { x0, y0, x1, y1, hasHead }: whether its end is
// inside. Null when nothing is inside. Clipped before painting, because canvas coordinates are single precision.
export function clipped(x0, y0, x1, y1, box) {
    if (x1 < box.left || x0 > box.right) return null;
    if (Math.max(y0, y1) < box.top || Math.min(y0, y1) > box.bottom) return null;
    const line = { x0, y0, x1, y1, hasHead: true };
    const slope = x1 === x0 ? 0 : (y1 - y0) / (x1 - x0);
    if (line.x0 < box.left) {
        line.y0 += slope * (box.left - line.x0);
        line.x0 = box.left;
    }
    if (line.x1 > box.right) {
        line.y1 -= slope * (line.x1 - box.right);
        line.x1 = box.right;
        line.hasHead = false;
    }
    const inverse = line.y1 === line.y0 ? 0 : (line.x1 - line.x0) / (line.y1 - line.y0);
    const start = Math.max(box.top, Math.min(box.bottom, line.y0));
    line.x0 += inverse * (start - line.y0);
    line.y0 = start;
    const stop = Math.max(box.top, Math.min(box.bottom, line.y1));
    if (stop !== line.y1) {
        line.x1 += inverse * (stop - line.y1);
        line.y1 = stop;
        line.hasHead = false;
    }
    return Math.max(line.y0, line.y1) < box.top || Math.min(line.y0, line.y1) > box.bottom ? null : line;
}

// Multiplies by a constant with bits everywhere: neighbouring numbers differ in the upper bits afterwards.
const mixed = (value, factor) => Math.imul(value, factor);

// Hash table of groups by where their lines start and end: SLOTS places, open addressing.
const SLOTS = 16384;
const slots = new Int32Array(SLOTS);

// Groups of arrows whose ends are within `grain` pixels of each other and whose fates are the same.
//
// - arrows: `visit(take)` calls take(i, line, from, to, fate) for each arrow in view, in the order of time.
// - share: only about one in so many arrows is considered; 1 for all.
// Returns { groups, total }; at most MOST_ARROWS + 1 groups unless a share is given.
export function grouped(visit, grain, share) {
    const groups = [];
    let total = 0;
    slots.fill(0);
    visit((i, line, from, to, fate) => {
        total += 1;
        const isLeftOut = share > 1 ? (mixed(i, 0x9e3779b1) >>> 12) % share !== 0 : groups.length > MOST_ARROWS;
        if (isLeftOut) return;
        const across = Math.floor(line.x0 / grain) * 16384 + Math.floor(line.x1 / grain);
        const down = (Math.floor(line.y0 / 2) * 8192 + Math.floor(line.y1 / 2)) * 4 + fate;
        let slot = (mixed(across, 0x9e3779b1) ^ mixed(down, 0x85ebca6b)) >>> 18;
        while (slots[slot] !== 0) {
            const group = groups[slots[slot] - 1];
            if (group.across === across && group.down === down) {
                group.count += 1;
                group.last = i;
                if (group.from !== from || group.to !== to) group.isMixed = true;
                return;
            }
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = groups.push({ across, down, first: i, last: i, count: 1, from, to, fate, line, isMixed: false });
    });
    return { groups, total };
}

// Groups as fine as possible, starting at `grain`: coarser until they are few; if they never are, those of a sample.
//
// Returns { groups, total, grain }.
export function fewGroups(visit, grain) {
    let result = null;
    let tried = grain;
    for (let next = grain; next <= 8; next *= 2) {
        tried = next;
        result = grouped(visit, next, 1);
        if (result.groups.length <= MOST_ARROWS) return { ...result, grain: next };
    }
    return { ...grouped(visit, 8, Math.ceil(result.total / (0.9 * MOST_ARROWS))), grain: tried };
}
