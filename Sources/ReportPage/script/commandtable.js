// The table of commands, and the lines of consoles and commands in the window.

import { byId, make } from './dom.js';
import { cell, fillTable, linkedRow } from './tables.js';
import { commandColour, commands, lastRun, runEnd, statusText } from './commands.js';
import { consoleLines, lanes, sourceName } from './model.js';
import { data } from './data.js';
import { instantText, plural, shortDuration, shortInstant } from './format.js';
import { isMissing, lowerBound, valueAt } from './columns.js';
import { scale } from './view.js';

export function writeCommands() {
    // Checks that were judged are in the table of verdicts.
    const areChecksJudged = data.verdicts.kind.includes('check');
    const shown = commands.filter((command) => !(command.isCheck && areChecksJudged));
    if (shown.length === 0) {
        byId('commands').replaceChildren(make('p', { class: 'dim' }, 'No machine has commands.'));
        return;
    }
    const heads = [['Machine'], ['#', 'number'], ['Command', 'wide'], ['Result'], ['From', 'number'],
        ['To', 'number'], ['Took', 'number']];
    fillTable(byId('commands'), heads, shown, (command) => {
        const [first, last] = [command.runs[0] || null, lastRun(command)];
        const hasEnded = last && !isMissing(last.status);
        return linkedRow([
            cell(lanes.name[command.lane]), cell((command.isCheck ? 'check ' : '') + command.number, 'number'),
            make('td', { class: 'wide mono', title: command.text }, command.text),
            cell(statusText(command), commandColour(command)),
            cell(first ? shortInstant(first.start) : '', 'number'),
            cell(hasEnded ? shortInstant(last.end) : '', 'number'),
            cell(hasEnded ? shortDuration(last.end - first.start) : '', 'number'),
        ], command.lane, first ? first.start : null, last ? runEnd(last) : null);
    }, 100);
}

const MOST_LINES = 500;
let consoleTimer = 0;

// Counts the lines of the window; writes them when the window has not changed for a moment and they are open.
export function writeConsole() {
    const first = lowerBound(consoleLines.time, scale.from);
    const last = lowerBound(consoleLines.time, scale.to + 1n);
    byId('consolecount').textContent = plural(last - first, 'line') + ' between ' + instantText(scale.from) + ' and '
        + instantText(scale.to) + (last - first > MOST_LINES ? '; the first ' + MOST_LINES + ' of them' : '');
    clearTimeout(consoleTimer);
    if (!byId('consolebox').open) return;
    consoleTimer = setTimeout(() => writeLines(first, Math.min(last, first + MOST_LINES)), 150);
}

function writeLines(first, last) {
    const body = make('tbody', {});
    for (let i = first; i < last; i++) {
        const time = instantText(valueAt(consoleLines.time, i));
        body.append(make('tr', {}, cell(time, 'number dim'), cell(lanes.name[consoleLines.lane[i]], 'dim'),
            cell(sourceName(i), 'dim'), make('td', { class: 'wide mono' }, consoleLines.text[i])));
    }
    byId('console').replaceChildren(make('table', {}, body));
}
