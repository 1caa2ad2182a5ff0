// Tables: rows that are added on demand, and rows that lead to their time.

import { byId, make } from './dom.js';
import { countText, percentText } from './format.js';
import { jumpTo, showLane, showStretch } from './navigate.js';

export const cell = (text, kind) => make('td', { class: kind || '' }, text);

// Puts a table into an element; `step` rows at first and at each press of its button.
//
// - heads: [title, class] each. makeRow: the element of an entry.
export function fillTable(place, heads, entries, makeRow, step) {
    const body = make('tbody', {});
    const more = make('button', { class: 'more' }, '');
    let shown = 0;
    const grow = () => {
        body.append(...entries.slice(shown, shown + step).map(makeRow));
        shown = Math.min(entries.length, shown + step);
        more.hidden = shown >= entries.length;
        more.textContent = 'Show more (' + countText(shown) + ' of ' + countText(entries.length) + ')';
    };
    more.addEventListener('click', grow);
    const head = make('tr', {}, ...heads.map(([name, kind]) => make('th', { class: kind || '' }, name)));
    place.replaceChildren(make('table', {}, make('thead', {}, head), body), more);
    grow();
}

// A row that shows [from, to] on its lane when it is clicked; no link where `from` is null.
export function linkedRow(cells, lane, from, to) {
    if (from === null) return make('tr', { class: '', tabindex: '-1' }, ...cells);
    const row = make('tr', { class: 'link', tabindex: '0' }, ...cells);
    const open = () => {
        showLane(lane);
        if (to > from) showStretch(from, to);
        else jumpTo(from, lane);
        byId('timeline').scrollIntoView({ block: 'start' });
    };
    row.addEventListener('click', open);
    row.addEventListener('keydown', (event) => { if (event.key === 'Enter') open(); });
    return row;
}

// A bar as long as a part of `most`, and the part of a whole as text.
export function shareCell(length, share, kind) {
    const bar = make('span', { class: kind || 'sharebar' });
    bar.style.width = Math.round(length * 70) + 'px';
    return make('td', { class: 'share' }, bar, share === null ? '' : ' ' + percentText(share));
}
