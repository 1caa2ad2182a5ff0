// The head of the page, and the part about the run at its end.

import { byId, copyable, make } from './dom.js';
import { commands } from './commands.js';
import { countText, durationText, instantText, plural, shortDuration, shortInstant } from './format.js';
import { data } from './data.js';
import { dateAt, end, laneCount, lanes } from './model.js';
import { failedVerdicts } from './verdicts.js';
import { hasFaults } from './faults.js';
import { isMissing } from './columns.js';

const summary = data.summary || null;

// A name and a value; null without a value.
function fact(name, value, kind) {
    if (isMissing(value) || value === '') return null;
    return make('span', { class: 'fact ' + (kind || '') }, make('span', { class: 'dim' }, name + ' '), value);
}

// How long the run took, and how much faster than real time that is.
function wallText(simulated) {
    if (!summary || BigInt(summary.wall) === 0n || simulated === 0n) return null;
    const speed = Number(simulated) / Number(summary.wall);
    const factor = speed >= 10 ? countText(Math.floor(speed)) : (speed >= 1 ? speed : 1 / speed).toPrecision(2);
    return shortDuration(BigInt(summary.wall)) + ' of wall-clock time, ' + factor + ' times '
        + (speed >= 1 ? 'faster' : 'slower');
}

export function writeHead() {
    byId('lab').textContent = data.lab;
    const result = summary ? summary.result : data.finished ? 'finished' : 'not finished';
    byId('result').textContent = result;
    byId('result').className = 'badge ' + (result === 'passed' ? 'good' : result === 'finished' ? 'neutral' : 'bad');
    writeFacts();
    byId('identity').append(...[
        fact('seed', make('code', {}, data.seed)),
        data.hash ? fact('hash', make('code', {}, data.hash)) : null,
        summary && summary.repeat ? fact('repeat with', copyable(summary.repeat)) : null,
    ].filter(Boolean));
    if (summary && summary.reason) byId('reason').textContent = summary.reason;
    byId('reason').hidden = !(summary && summary.reason);
    byId('notes').hidden = data.notes.length === 0;
    byId('notes').open = true;
    byId('notelist').replaceChildren(...data.notes.map((note) => make('li', {}, note)));
    byId('notecount').textContent = plural(data.notes.length, 'note') + ' on this page';
}

function writeFacts() {
    const simulated = summary ? BigInt(summary.simulated) : end;
    const models = lanes.model.filter((model) => model !== null).length;
    const machines = laneCount - models - (data.hasLab ? 1 : 0);
    const ownCommands = commands.filter((command) => !command.isCheck).length;
    byId('facts').append(...[
        fact('simulated', shortInstant(simulated)), fact('in', wallText(simulated)),
        fact('', machines ? plural(machines, 'machine') : null), fact('', models ? plural(models, 'model') : null),
        fact('', plural(data.totals.frames, 'frame')), fact('', plural(ownCommands, 'command')),
        fact('', hasFaults ? plural(data.totals.faults, 'fault') : null),
        fact('', failedVerdicts ? plural(failedVerdicts, 'verdict') + ' failed' : null, 'bad'),
    ].filter(Boolean));
}

export function writeAbout() {
    const rows = [
        ['Result', summary ? summary.result + (summary.reason ? ': ' + summary.reason : '') : 'no summary of the run'],
        ['Simulated time', instantText(end) + ', from ' + dateAt(0n)],
        ['Wall-clock time', summary ? durationText(BigInt(summary.wall)) : null],
        ['Seed', data.seed],
        ['Hash of all events', data.hash || (data.finished ? null : 'the trace is not finished')],
        ['Repeat with', summary ? summary.repeat : null],
        ['Kernel', summary ? summary.kernel : null],
        ['Machines at the same time', summary ? String(summary.jobs) : null],
        ['Almanac', summary ? summary.tool : null],
        ['Trace', countText(data.events) + ' events, level ' + data.level + (data.finished ? '' : ', not finished')],
        ['Left out', data.notes.some((note) => note.includes(' are here')) ? 'see the notes at the top'
            : 'nothing: the page holds all turns, frames, commands and console lines'],
    ];
    byId('about').replaceChildren(...rows.filter(([, value]) => value).flatMap(([name, value]) => [
        make('dt', {}, name), make('dd', {}, value)]));
}
