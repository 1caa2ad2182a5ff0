// Why the run failed: what failed, when, and what it printed last.

import { byId, make } from './dom.js';
import { data } from './data.js';
import { isMissing, toInstant } from './columns.js';
import { jumpTo } from './navigate.js';
import { lanes } from './model.js';
import { shortInstant } from './format.js';

// The instant, as a button that shows it.
function instantButton(failure) {
    if (isMissing(failure.time)) return null;
    const time = toInstant(failure.time);
    const lane = Math.max(0, lanes.name.lastIndexOf(failure.machine));
    return make('button', { title: 'Show this instant', click: () => jumpTo(time, lane) }, 'at ' + shortInstant(time));
}

export function writeFailures() {
    byId('failures').hidden = data.failures.length === 0;
    byId('failures').replaceChildren(...data.failures.flatMap((failure) => [
        make('div', {}, make('b', {}, (failure.machine || 'all machines') + ': '), failure.text, ' ',
            instantButton(failure)),
        failure.lines.length > 0 ? make('pre', { class: 'mono' }, failure.lines.join('\n')) : null,
    ]).filter(Boolean));
}
