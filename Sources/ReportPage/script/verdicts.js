// Tables of verdicts, of faults, and of the frames that were lost.

import { byId } from './dom.js';
import { cell, fillTable, linkedRow, shareCell } from './tables.js';
import { countText, shortDuration, shortInstant } from './format.js';
import { data } from './data.js';
import { faultEnd, faults, hasFaults } from './faults.js';
import { isMissing, toInstant } from './columns.js';
import { lanes } from './model.js';

const verdicts = data.verdicts.kind.map((kind, i) => ({
    kind, machine: data.verdicts.machine[i], name: data.verdicts.name[i], passed: data.verdicts.passed[i] === 1,
    reason: data.verdicts.reason[i], time: toInstant(data.verdicts.time[i]), runs: data.verdicts.runs[i],
}));
export const failedVerdicts = verdicts.filter((verdict) => !verdict.passed).length;

export function writeVerdicts() {
    byId('verdictpart').hidden = verdicts.length === 0;
    if (verdicts.length === 0) return;
    const heads = [['Verdict'], ['Kind'], ['Machine'], ['Name', 'wide'], ['Runs', 'number'], ['At', 'number'],
        ['Reason', 'wide']];
    fillTable(byId('verdicts'), heads, verdicts, (verdict) => linkedRow([
        cell(verdict.passed ? 'passed' : 'failed', verdict.passed ? 'good' : 'bad'), cell(verdict.kind),
        cell(verdict.machine || 'all'), cell(verdict.name, 'wide mono'),
        cell(isMissing(verdict.runs) ? '' : countText(verdict.runs), 'number'),
        cell(verdict.time === null ? '' : shortInstant(verdict.time), 'number'),
        cell(verdict.reason || '', 'wide' + (verdict.passed ? '' : ' bad')),
    ], lanes.name.lastIndexOf(verdict.machine), verdict.time, verdict.time), 100);
}

export function writeFaults() {
    byId('faultpart').hidden = !hasFaults;
    if (!hasFaults) return;
    const heads = [['Fault', 'wide'], ['From', 'number'], ['To', 'number'], ['Lasted', 'number']];
    fillTable(byId('faults'), heads, faults, (fault) => linkedRow([
        cell(fault.text, 'wide'), cell(shortInstant(fault.start), 'number'),
        cell(fault.isMoment ? 'momentary' : fault.end === null ? 'the end' : shortInstant(fault.end), 'number'),
        cell(fault.isMoment ? '' : shortDuration(faultEnd(fault) - fault.start), 'number'),
    ], 0, fault.start, faultEnd(fault)), 100);
}

export function writeLosses() {
    const losses = data.losses.reason.map((reason, i) => ({
        reason: data.reasons[reason] || 'no reason', frames: BigInt(data.losses.frames[i]),
        first: BigInt(data.losses.first[i]), last: BigInt(data.losses.last[i]),
    })).sort((a, b) => (a.frames < b.frames ? 1 : a.frames > b.frames ? -1 : 0));
    byId('losspart').hidden = losses.length === 0;
    if (losses.length === 0) return;
    const heads = [['Reason', 'wide'], ['Frames', 'number'], ['Share', 'share'], ['First', 'number'],
        ['Last', 'number']];
    const total = Number(data.totals.losses);
    fillTable(byId('losses'), heads, losses, (loss) => {
        const share = Number(loss.frames) / total;
        return linkedRow([
            cell(loss.reason, 'wide'), cell(countText(loss.frames), 'number'),
            shareCell(share, share, 'sharebar lostbar'), cell(shortInstant(loss.first), 'number'),
            cell(shortInstant(loss.last), 'number'),
        ], -1, loss.first, loss.last);
    }, 50);
}
