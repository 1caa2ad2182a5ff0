// Search: hits, their limit, the steps from hit to hit.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findHits, steppedPlace } from '../../../Sources/ReportPage/script/search.js';

const entries = ['m1', 'M10', 'ping -c 1 m2', 'fault m1 is killed', '', 'ÄRGER (a+b)'].map((text, i) => ({ text, i }));
const places = (words, limit = 10) => findHits(entries, words, limit).hits.map(({ i }) => i);

test('hits are those with the words in them, in order, ignoring case', () => {
    assert.deepEqual(places('m1'), [0, 1, 3]);
    assert.deepEqual(places('  M1  '), [0, 1, 3]);
    assert.deepEqual(places('ping -C'), [2]);
    assert.deepEqual(places('ärger'), [5]);
    // Not a pattern.
    assert.deepEqual(places('(a+b)'), [5]);
    assert.deepEqual(places('.'), []);
});

test('nothing is found by nothing', () => {
    assert.deepEqual(findHits(entries, '', 10), { hits: [], total: 0 });
    assert.deepEqual(findHits(entries, ' \t', 10), { hits: [], total: 0 });
    assert.deepEqual(findHits([], 'm1', 10), { hits: [], total: 0 });
});

test('beyond the limit hits are counted', () => {
    assert.deepEqual(places('m', 2), [0, 1]);
    assert.equal(findHits(entries, 'm', 2).total, 4);
    assert.equal(findHits(entries, 'm', 4).hits.length, 4);
    // Entries may come one by one.
    function* many() { for (let i = 0; i < 1000; i++) yield { text: 'line ' + i }; }
    const { hits, total } = findHits(many(), 'LINE', 60);
    assert.deepEqual([hits.length, hits[59].text, total], [60, 'line 59', 1000]);
});

test('steps go from hit to hit and wrap at both ends', () => {
    const walk = (by, count, steps) => {
        let place = -1;
        return Array.from({ length: steps }, () => { place = steppedPlace(place, by, count); return place; });
    };
    assert.deepEqual(walk(1, 3, 5), [0, 1, 2, 0, 1]);
    assert.deepEqual(walk(-1, 3, 5), [2, 1, 0, 2, 1]);
    assert.deepEqual(walk(1, 1, 3), [0, 0, 0]);
    assert.deepEqual(walk(-1, 1, 3), [0, 0, 0]);
    assert.deepEqual(walk(1, 0, 2), [-1, -1]);
});
