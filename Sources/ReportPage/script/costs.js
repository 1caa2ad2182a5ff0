// The table of machines and what they cost.

import { byId, make } from './dom.js';
import { bytesText, countText, shortDuration } from './format.js';
import { cell, fillTable, shareCell } from './tables.js';
import { data } from './data.js';
import { end, hasTurns, isLab, laneCount, laneEnd, laneStart, lanes } from './model.js';
import { jumpToLane } from './navigate.js';
import { toInstant } from './columns.js';

const NONE = '–';

// By name: wall-clock time, how much of it no other machine had a turn, turns.
function costsByName() {
    const costs = new Map();
    if (!data.summary) return costs;
    const { costName, cost, costAlone, costTurns } = data.summary;
    costName.forEach((name, i) => costs.set(
        name, { wall: BigInt(cost[i]), alone: toInstant(costAlone[i]), turns: costTurns[i] }));
    return costs;
}

const wallOf = (entry) => (entry.cost ? Number(entry.cost.wall) : -1);

export function writeCosts() {
    const costs = costsByName();
    const hasWall = costs.size > 0;
    const total = data.summary ? Number(data.summary.costWall) : 0;
    const most = Math.max(0, ...[...costs.values()].map((cost) => Number(cost.wall)));
    const entries = [];
    for (let lane = 0; lane < laneCount; lane++) {
        if (!isLab(lane)) entries.push({ lane, cost: costs.get(lanes.name[lane]) || null });
    }
    entries.sort((a, b) => wallOf(b) - wallOf(a) || Number(lanes.turns[b.lane]) - Number(lanes.turns[a.lane])
        || a.lane - b.lane);
    const wallHeads = [['Wall clock', 'number'], ['Share', 'share'], ['Per turn', 'number'],
        ['Others waited', 'number']];
    const heads = [['Machine'], ...(hasWall ? wallHeads : []), ['Turns', 'number'], ['Free', 'number'],
        ['Frames sent', 'number'], ['received', 'number'], ['lost', 'number'], ['Bytes sent', 'number'],
        ['received', 'number'], ['Console lines', 'number'], ['Ended']];
    fillTable(byId('costs'), heads, entries, ({ lane, cost }) => {
        const row = make('tr', { class: 'link' });
        row.append(cell(lanes.name[lane] + (lanes.model[lane] ? ' (' + lanes.model[lane] + ')' : '')),
            ...(hasWall ? wallCells(lane, cost, total, most) : []), ...simulatedCells(lane));
        row.addEventListener('click', () => {
            jumpToLane(lane);
            byId('timeline').scrollIntoView({ block: 'start' });
        });
        return row;
    }, 50);
    byId('costnote').hidden = hasWall;
}

function wallCells(lane, cost, total, most) {
    if (!cost) return [cell(NONE, 'number'), shareCell(0, null), cell(NONE, 'number'), cell(NONE, 'number')];
    const wall = Number(cost.wall);
    const turnCount = Number(cost.turns ?? lanes.turns[lane]);
    return [
        cell(shortDuration(cost.wall), 'number'), shareCell(most ? wall / most : 0, total ? wall / total : 0),
        cell(turnCount ? shortDuration(BigInt(Math.round(wall / turnCount))) : NONE, 'number'),
        cell(cost.alone !== null ? shortDuration(cost.alone) : NONE, 'number'),
    ];
}

function simulatedCells(lane) {
    const life = laneStart[lane] === null ? 0 : Number((laneEnd[lane] ?? end) - laneStart[lane]);
    const free = life ? (Number(lanes.free[lane]) / life * 100).toFixed(1) + ' %' : NONE;
    const texts = [
        hasTurns ? countText(lanes.turns[lane]) : NONE, hasTurns ? free : NONE, countText(lanes.sent[lane]),
        countText(lanes.received[lane]), countText(lanes.lost[lane]), bytesText(lanes.bytesSent[lane]),
        bytesText(lanes.bytesReceived[lane]), countText(lanes.console[lane]),
    ];
    return [...texts.map((text) => cell(text, 'number')), cell(lanes.ending[lane] || NONE)];
}
