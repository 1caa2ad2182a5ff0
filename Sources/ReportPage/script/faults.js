// Faults, and the rows of their bars.

import { instants, toInstant, valueAt } from './columns.js';
import { commandRows } from './commands.js';
import { data } from './data.js';
import { end, isLab, laneCount, lanes } from './model.js';
import { assignRows } from './rows.js';

const starts = instants(data.faults.t);
export const faults = data.faults.text.map((text, i) => ({
    text, start: valueAt(starts, i), end: toInstant(data.faults.end[i]), isMoment: data.faults.moment[i] === 1,
    lane: data.faults.lane[i], effect: ['', 'off', 'paused'][data.faults.effect[i]], row: 0,
}));
export const hasFaults = faults.length > 0;
export const lastingFaults = faults.filter((fault) => !fault.isMoment);
export const faultEnd = (fault) => (fault.isMoment ? fault.start : fault.end ?? end);

export const faultsOfLane = Array.from({ length: laneCount }, () => []);
for (const fault of faults) if (fault.lane >= 0) faultsOfLane[fault.lane].push(fault);

// When faults begin and end: alarms at these instants add nothing.
export const faultInstants = new Set(faults.flatMap((fault) => [String(fault.start), String(fault.end)]));

export const laneName = (lane) => (hasFaults && isLab(lane) ? 'faults' : lanes.name[lane]);

// Rows of bars in each lane, of commands and of faults.
export const barRows = Math.max(commandRows, assignRows(lastingFaults, faultEnd, (fault) => fault));
