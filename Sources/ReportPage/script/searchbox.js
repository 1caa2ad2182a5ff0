// The search field and the list of its hits.

import { MARK_TITLES, consoleLines, isOutput, lanes, marks } from './model.js';
import { byId, make } from './dom.js';
import { commands } from './commands.js';
import { faults } from './faults.js';
import { findHits, steppedPlace } from './search.js';
import { jumpTo, jumpToLane } from './navigate.js';
import { plural, countText, shortInstant } from './format.js';
import { valueAt } from './columns.js';

const MOST_HITS = 60;
let hits = [];
let chosen = -1;

// Everything that can be found: { kind, lane, time, title, text }; `text` is searched, `title` is shown.
function* entries() {
    for (const [lane, name] of lanes.name.entries()) {
        yield { kind: 'machine', lane, time: null, title: name, text: name };
    }
    for (const { text, lane, isCheck, runs } of commands) {
        const time = runs.length ? runs[0].start : null;
        yield { kind: isCheck ? 'check' : 'command', lane, time, title: text, text };
    }
    for (const { text, lane, start } of faults) {
        yield { kind: 'fault', lane: Math.max(0, lane), time: start, title: text, text: 'fault ' + text };
    }
    for (const [i, text] of marks.text.entries()) {
        const kind = marks.kind[i];
        yield {
            kind, lane: marks.lane[i], time: valueAt(marks.time, i), title: text || MARK_TITLES[kind],
            text: kind + ' ' + text,
        };
    }
    for (const [i, text] of consoleLines.text.entries()) {
        const kind = isOutput(i) ? 'output' : 'console';
        yield { kind, lane: consoleLines.lane[i], time: valueAt(consoleLines.time, i), title: text, text };
    }
}

function showHits() {
    const words = byId('search').value;
    const list = byId('hits');
    const found = findHits(entries(), words, MOST_HITS);
    hits = found.hits;
    chosen = -1;
    list.hidden = !words.trim();
    if (list.hidden) return;
    const rows = hits.map((hit, i) => make('div', { class: 'hit', click: () => choose(i) },
        make('span', { class: 'dim kind' }, hit.kind), make('span', { class: 'who' }, lanes.name[hit.lane]),
        make('span', { class: 'mono what' }, hit.title),
        make('span', { class: 'dim' }, hit.time === null ? '' : shortInstant(hit.time))));
    list.replaceChildren(...rows, make('div', { class: 'dim note' }, hitNote(found.total)));
}

function hitNote(total) {
    if (total === 0) return 'No hits.';
    if (total > hits.length) return 'The first ' + hits.length + ' of ' + countText(total) + '.';
    return plural(total, 'hit') + '. Enter: next hit.';
}

// Shows a hit where it is.
function choose(place) {
    if (place < 0) return;
    chosen = place;
    const hit = hits[place];
    if (hit.time === null) jumpToLane(hit.lane);
    else jumpTo(hit.time, hit.lane);
    const rows = [...byId('hits').children];
    rows.forEach((row, i) => row.classList.toggle('chosen', i === place));
    rows[place].scrollIntoView({ block: 'nearest' });
}

const step = (by) => choose(steppedPlace(chosen, by, hits.length));

export function attachSearch() {
    const field = byId('search');
    field.addEventListener('input', showHits);
    field.addEventListener('focus', showHits);
    field.addEventListener('keydown', (event) => {
        if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
        else if (event.key === 'ArrowDown') step(1);
        else if (event.key === 'ArrowUp') step(-1);
        else if (event.key === 'Escape') {
            byId('hits').hidden = true;
            field.blur();
        } else return;
        event.preventDefault();
    });
    document.addEventListener('pointerdown', (event) => {
        if (!event.target.closest('.search')) byId('hits').hidden = true;
    });
}
