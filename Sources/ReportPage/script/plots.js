// Paints the plots of the networks part: throughput and reply times.

import { GUTTER, LEFT, MARGIN, cursor, repaint, scale } from './view.js';
import { SMALL, colour, fitted, fontOf, prepare } from './canvas.js';
import {
    allPlots, bins, filterPlots, hasSumsOnly, selectPlots, selection, showMorePlots, sumPlots,
} from './plotdata.js';
import { bytesText, durationText, plural, shortDuration } from './format.js';
import { lowerBound, roundedAt } from './columns.js';
import { largest } from './sampling.js';
import { byId } from './dom.js';
import { paintGrid } from './axis.js';

export const PLOT_HEIGHT = 74;

export function attachPlots() {
    byId('moreplots').addEventListener('click', () => {
        showMorePlots();
        writePlotCount();
    });
    byId('plotfilter').addEventListener('input', () => {
        filterPlots(byId('plotfilter').value);
        writePlotCount();
    });
    byId('noplots').hidden = allPlots.length > 0;
    byId('networks').hidden = allPlots.length === 0;
    selectPlots();
    writePlotCount();
}

function writePlotCount() {
    const { shown, matching } = selection;
    byId('moreplots').textContent = matching > shown.length ? 'Show more of ' + matching + ' plots' : '';
    byId('moreplots').hidden = matching <= shown.length;
    repaint();
}

export function paintPlots() {
    const width = byId('overview').clientWidth;
    const plots = selection.shown;
    const context = prepare(byId('plots'), width, Math.max(1, plots.length * PLOT_HEIGHT));
    sumPlots();
    plots.forEach((plot, row) => {
        const top = row * PLOT_HEIGHT;
        context.fillStyle = colour.zebra;
        if (row % 2 === 0) context.fillRect(0, top, width, PLOT_HEIGHT);
        context.save();
        context.beginPath();
        context.rect(GUTTER, top, width - GUTTER, PLOT_HEIGHT);
        context.clip();
        context.translate(LEFT, top);
        paintGrid(context, PLOT_HEIGHT);
        const notes = plot.kind === 'reply' ? paintReplies(context, plot.pair) : paintThroughput(context, plot);
        if (cursor.pointer) {
            context.fillStyle = colour.accent;
            context.globalAlpha = 0.6;
            context.fillRect(Math.floor(cursor.pointer.x), 0, 1, PLOT_HEIGHT);
            context.globalAlpha = 1;
        }
        context.restore();
        paintPlotName(context, plot, notes, top);
    });
    byId('plotunit').textContent = 'Each bar stands for ' + durationText(bins.width) + '.'
        + (hasSumsOnly ? ' This page holds no finer sums.' : '');
}

function paintPlotName(context, plot, notes, top) {
    context.textBaseline = 'middle';
    context.font = fontOf('600 12px');
    context.fillStyle = colour.text;
    context.fillText(fitted(context, plot.title, GUTTER - 18), 10, top + 16);
    context.font = SMALL;
    context.fillStyle = colour.dim;
    [plot.detail, ...notes].forEach((text, i) => {
        context.fillText(fitted(context, text, GUTTER - 18), 10, top + (i === 0 ? 33 : 35 + 14 * i));
    });
}

// Bars of bytes sent, and below them bytes received where the plot is of an interface. Returns notes on their height.
function paintThroughput(context, plot) {
    const peak = Math.max(largest(plot.sent), largest(plot.received));
    const hasReceived = plot.kind === 'interface';
    const floor = hasReceived ? PLOT_HEIGHT / 2 : PLOT_HEIGHT - 6;
    const room = hasReceived ? PLOT_HEIGHT / 2 - 6 : PLOT_HEIGHT - 16;
    const binPixels = bins.nanoseconds * scale.pixelsPerNanosecond;
    const barWidth = Math.max(1, binPixels - (binPixels > 5 ? 1 : 0));
    const start = scale.pixelOf(bins.from);
    for (const [sums, isUp, name] of [[plot.sent, true, 'plot'], [plot.received, false, 'plot2']]) {
        context.fillStyle = colour[name];
        for (let i = 0; i < bins.count; i++) {
            if (!sums[i]) continue;
            const height = Math.max(1, room * sums[i] / peak);
            context.fillRect(start + i * binPixels, isUp ? floor - height : floor, barWidth, height);
        }
    }
    context.fillStyle = colour.line;
    context.fillRect(-MARGIN, floor, scale.width + 2 * MARGIN, 1);
    if (peak === 0) return ['no traffic'];
    const most = 'at most ' + bytesText(peak) + ' in ' + durationText(bins.width);
    const perSecond = peak * 1e9 / bins.nanoseconds;
    const rate = bins.width >= 1000000n && perSecond >= 1 ? bytesText(perSecond) + '/s' : '';
    return hasReceived ? ['↑ sent  ↓ received', rate ? 'at most ' + rate : most] : [most, rate ? '= ' + rate : ''];
}

// Points on a logarithmic scale. Returns notes on their range.
function paintReplies(context, pair) {
    const logarithm = (value) => Math.log10(Math.max(1, value));
    const low = logarithm(Number(pair.least));
    const high = Math.max(low + 0.3, logarithm(Number(pair.most)));
    const margin = (high - low) * 0.12;
    const yOf = (took) => PLOT_HEIGHT - 8
        - (PLOT_HEIGHT - 20) * (logarithm(took) - low + margin) / (high - low + 2 * margin);
    context.font = SMALL;
    context.textBaseline = 'middle';
    // A label needs 13 pixels: where decades are nearer, only some have one.
    const every = Math.ceil(13 / Math.max(0.1, yOf(1) - yOf(10)));
    for (let decade = Math.ceil(low - margin); decade <= high + margin; decade++) {
        if (decade % every !== 0) continue;
        const y = Math.round(yOf(10 ** decade));
        context.fillStyle = colour.line;
        context.fillRect(-MARGIN, y, scale.width + 2 * MARGIN, 1);
        context.fillStyle = colour.dim;
        context.fillText(shortDuration(10n ** BigInt(decade)), 0, y - 6);
    }
    context.fillStyle = colour.plot;
    const taken = new Set();
    for (let i = lowerBound(pair.time, scale.from); i < pair.time.length; i++) {
        const x = scale.pixelAt(pair.time, i);
        if (x > scale.width + MARGIN) break;
        const y = yOf(roundedAt(pair.took, i));
        const cell = Math.floor(x / 2) * 1000 + Math.floor(y / 2);
        if (taken.has(cell)) continue;
        taken.add(cell);
        context.fillRect(x - 1.25, y - 1.25, 2.5, 2.5);
    }
    const [least, most] = [shortDuration(pair.least), shortDuration(pair.most)];
    return [least === most ? least : least + ' to ' + most, plural(pair.count, 'reply', 'replies')];
}
