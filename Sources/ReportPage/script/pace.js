// The table of what kept simulated time from jumping.

import { byId, make } from './dom.js';
import { cell, fillTable } from './tables.js';
import { commands } from './commands.js';
import { countText } from './format.js';
import { allLanes, end, hasTurns, isLab, lanes } from './model.js';

const MOST_PACERS = 10;
const MOST_SLEEPERS = 3;
const MINUTE_NANOSECONDS = 60e9;

// The commands of a lane whose programs went to sleep most often.
function sleepersOf(lane) {
    return commands.filter((command) => command.lane === lane && command.sleeps > 0n)
        .sort((a, b) => (a.sleeps < b.sleeps ? 1 : -1)).slice(0, MOST_SLEEPERS)
        .map((command) => command.text + ' (' + countText(command.sleeps) + ')').join(', ');
}

export function writePace() {
    const woken = allLanes.filter((lane) => !isLab(lane) && Number(lanes.ownWakes[lane]) > 0)
        .sort((a, b) => Number(lanes.ownWakes[b]) - Number(lanes.ownWakes[a]) || a - b).slice(0, MOST_PACERS);
    byId('pacepart').hidden = !hasTurns || Number(end) < MINUTE_NANOSECONDS || woken.length === 0;
    const heads = [['Machine'], ['Own wakes', 'number'], ['A simulated minute', 'number'],
        ['Commands, how often they went to sleep', 'wide']];
    fillTable(byId('pace'), heads, woken, (lane) => make('tr', {}, cell(lanes.name[lane]),
        cell(countText(lanes.ownWakes[lane]), 'number'),
        cell((Number(lanes.ownWakes[lane]) / Number(end) * MINUTE_NANOSECONDS).toPrecision(3), 'number'),
        make('td', { class: 'wide mono' }, sleepersOf(lane))), MOST_PACERS);
}
