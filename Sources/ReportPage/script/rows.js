// Rows for what overlaps in time. Pure.

const MOST_ROWS = 3;

// Sets `row` of each item so that items of the same time are below each other, in at most MOST_ROWS rows. All items of
// one owner prefer the row of its first.
//
// - items: { start, ... } in the order of their starts.
// Returns the number of rows.
export function assignRows(items, endOf, ownerOf) {
    const freeFrom = [];
    const rowOfOwner = new Map();
    let count = 0;
    for (const item of items) {
        let row = rowOfOwner.get(ownerOf(item)) ?? -1;
        if (row < 0 || freeFrom[row] > item.start) row = freeFrom.findIndex((time) => time <= item.start);
        if (row < 0) row = Math.min(freeFrom.length, MOST_ROWS - 1);
        freeFrom[row] = endOf(item);
        rowOfOwner.set(ownerOf(item), row);
        item.row = row;
        count = Math.max(count, row + 1);
    }
    return count;
}
