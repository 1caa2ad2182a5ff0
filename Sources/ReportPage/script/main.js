// Starts the page, and paints it.

import {
    LEFT, cursor, measure, observeView, repaint, scale, scroller, setWindow, showAll, zoomAbout,
} from './view.js';
import { arrowCounts } from './arrows.js';
import { attachOverview, paintOverview } from './overview.js';
import { attachPlots, paintPlots } from './plots.js';
import { attachPointer, attachWheel, onKey } from './pointer.js';
import { attachFilter, hasFilter } from './filter.js';
import { attachHeat, paintHeat } from './heat.js';
import { attachSearch } from './searchbox.js';
import { byId } from './dom.js';
import { commands, runCount, runsOfLane } from './commands.js';
import {
    consoleLines, dateAt, frameCount, framesSampledFrom, lanes, marks, turns, turnsSampledFrom,
} from './model.js';
import { data } from './data.js';
import { describeLanes, describePlots } from './describe.js';
import { faults } from './faults.js';
import { writeFailures } from './failures.js';
import { instantText, plural, shortInstant } from './format.js';
import { laneTop, layout, layoutLanes, painted, rowOfLane } from './lanes.js';
import { paintAxis } from './axis.js';
import { paintLanes } from './paintlanes.js';
import { readColours } from './canvas.js';
import { readHash, rememberWindow } from './address.js';
import { writeAbout, writeHead } from './head.js';
import { writeCommands, writeConsole } from './commandtable.js';
import { writeCosts } from './costs.js';
import { writePace } from './pace.js';
import { writeFaults, writeLosses, writeVerdicts } from './verdicts.js';

function writeStatus() {
    const parts = [instantText(scale.from) + ' to ' + instantText(scale.to)];
    const { frames: inView, drawn } = arrowCounts;
    if (inView > 0) {
        parts.push(plural(inView, 'frame') + ' in view'
            + (drawn < inView ? ', drawn as ' + plural(drawn, 'arrow') : ''));
    }
    for (const [time, what] of [[framesSampledFrom, 'frames'], [turnsSampledFrom, 'turns']]) {
        if (time !== null && scale.to > time) parts.push(what + ' are sampled from ' + shortInstant(time) + ' on');
    }
    byId('status').textContent = parts.join('  ·  ');
    byId('clock').textContent = cursor.pointer ? pointerTime(scale.instantAt(cursor.pointer.x)) : '';
}

const pointerTime = (time) => instantText(time) + '  ·  ' + dateAt(time);

let writtenWindow = '';
function paint() {
    paintOverview();
    paintLanes();
    paintAxis();
    paintHeat();
    paintPlots();
    writeStatus();
    const shown = scale.from + ':' + scale.to;
    if (writtenWindow === shown) return;
    writtenWindow = shown;
    writeConsole();
}

function resize() {
    layoutLanes();
    measure();
    repaint();
}

function attachWindow() {
    scroller.addEventListener('scroll', repaint);
    window.addEventListener('resize', resize);
    // A scroll bar that appears changes the width without an event of the window.
    new ResizeObserver(resize).observe(byId('overview'));
    window.addEventListener('hashchange', readHash);
    window.addEventListener('keydown', onKey);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
        readColours();
        repaint();
    });
}

function attachButtons() {
    byId('zoomin').addEventListener('click', () => zoomAbout(scale.width / 2, 0.5));
    byId('zoomout').addEventListener('click', () => zoomAbout(scale.width / 2, 2));
    byId('all').addEventListener('click', showAll);
    byId('fit').addEventListener('click', () => {
        layout.areAllShown = !layout.areAllShown;
        byId('fit').setAttribute('aria-pressed', layout.areAllShown);
        resize();
    });
    byId('fit').hidden = !hasFilter;
}

function start() {
    observeView(paint, rememberWindow);
    readColours();
    writeHead();
    writeFailures();
    writeAbout();
    writeVerdicts();
    writeFaults();
    writeLosses();
    writeCommands();
    writeCosts();
    writePace();
    layoutLanes();
    measure();
    attachPlots();
    attachPointer(byId('lanes'), describeLanes);
    attachPointer(byId('plots'), describePlots);
    attachOverview();
    attachSearch();
    attachFilter(resize);
    attachHeat();
    attachWheel(byId('axis'));
    byId('consolebox').addEventListener('toggle', writeConsole);
    byId('consolepart').hidden = consoleLines.time.length === 0;
    attachWindow();
    attachButtons();
    readHash();
    resize();
}

// What tests ask the page.
window.almanac = {
    lanes: () => lanes.name.map((name, lane) => ({
        name, turns: Number(lanes.turns[lane]), freeRuns: Number(lanes.freeRuns[lane]),
        freeNanoseconds: String(lanes.free[lane]), commands: commands.filter((c) => c.lane === lane).length,
        console: Number(lanes.console[lane]), runs: runsOfLane[lane].length, framesSent: Number(lanes.sent[lane]),
        framesReceived: Number(lanes.received[lane]), framesLost: Number(lanes.lost[lane]),
        row: rowOfLane(lane), top: laneTop(lane), height: layout.laneHeight,
    })),
    view: () => ({ from: String(scale.from), to: String(scale.to) }),
    zoom: (from, to) => setWindow({ from: BigInt(from), to: BigInt(to) }),
    counts: () => ({
        ...data.totals,
        shown: {
            turns: turns.reduce((sum, lane) => sum + lane.start.length, 0), arrows: frameCount,
            console: consoleLines.source.filter((source) => Number(source) === 0).length,
            output: consoleLines.source.filter((source) => Number(source) > 0).length,
            commands: commands.length, marks: marks.time.length,
            runs: runCount, faults: faults.length,
        },
        view: { frames: arrowCounts.frames, arrows: arrowCounts.drawn },
    }),
    bars: () => painted.bars.map(
        ({ text, kind, x0, x1, y0 }) => ({ text, kind, x: x0, width: x1 - x0, y: y0 })),
    plot: () => {
        const box = byId('lanes').getBoundingClientRect();
        return { left: box.left + LEFT, top: box.top, width: scale.width, height: box.height };
    },
};
start();
