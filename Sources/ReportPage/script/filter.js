// The field that chooses machines, and a button for each group of them.

import { byId, make } from './dom.js';
import { groupsOf, nameFilter } from './groups.js';
import { isLab, laneCount, lanes } from './model.js';
import { plural } from './format.js';
import { rowCount, showLanes } from './lanes.js';

// With fewer machines all are in view.
const FEW_LANES = 10;
let onFilter = null;

// Whether the page has a filter.
export const hasFilter = laneCount > FEW_LANES;

function applyFilter() {
    const isChosen = nameFilter(byId('machines').value);
    showLanes((lane) => isLab(lane) || isChosen(lanes.name[lane]));
    const isFiltered = rowCount() < laneCount;
    byId('shown').textContent = isFiltered ? plural(rowCount(), 'row') + ' of ' + laneCount : '';
    for (const button of byId('groups').children) {
        button.setAttribute('aria-pressed', button.dataset.pattern === byId('machines').value);
    }
    onFilter();
}

function setFilter(text) {
    byId('machines').value = text;
    applyFilter();
}

// A lane that is looked for is shown, whatever the filter.
export function clearFilter() { if (byId('machines').value) setFilter(''); }

// - change: called when other lanes are shown.
export function attachFilter(change) {
    onFilter = change;
    byId('filter').hidden = !hasFilter;
    byId('machines').addEventListener('input', applyFilter);
    byId('groups').replaceChildren(...groupsOf(lanes.name).map(({ pattern, count }) => {
        const toggle = () => setFilter(byId('machines').value === pattern ? '' : pattern);
        return make('button', { title: 'Show this group only', 'data-pattern': pattern, click: toggle },
            pattern + ' (' + count + ')');
    }));
}
