// Search in what the page names, and the steps from hit to hit. Pure; searchbox.js shows the hits.

// The entries whose text contains the words, in their order, ignoring case; at most `limit` of them, with the total.
//
// - entries: { text, ... } each.
export function findHits(entries, words, limit) {
    const wanted = words.trim().toLowerCase();
    const hits = [];
    let total = 0;
    if (!wanted) return { hits, total };
    for (const entry of entries) {
        if (!entry.text.toLowerCase().includes(wanted)) continue;
        total += 1;
        if (hits.length < limit) hits.push(entry);
    }
    return { hits, total };
}

// The place of the next (`by` 1) or previous (`by` -1) hit, wrapped at both ends; -1 without hits. `place` is -1
// while no hit is chosen: then the first or the last one is next.
export function steppedPlace(place, by, count) {
    if (count === 0) return -1;
    if (place < 0) return by > 0 ? 0 : count - 1;
    return (((place + by) % count) + count) % count;
}
