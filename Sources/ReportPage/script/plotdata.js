// The plots of the networks part: which there are, which are shown, and their values in the window.

import { Bins } from './sampling.js';
import { durationText } from './format.js';
import { lowerBound } from './columns.js';
import { data } from './data.js';
import {
    ARRIVED, fateOf, frameCount, frames, interfaceName, isFirstOfFrame, lanes, longestDelay, replies,
} from './model.js';
import { scale } from './view.js';
import { stepOf } from './axis.js';

const PLOTS_AT_FIRST = 8;
const MORE_PLOTS = 24;
// Pixels of a bar, at least.
const BIN_PIXELS = 3;

const networkOfInterface = data.interfaces.network;
// Where frames are sampled: sums over equal parts of the run, for networks and for some interfaces.
const series = data.series || null;
const seriesWidth = series && BigInt(series.width);
export const hasSumsOnly = series !== null;

function listPlots() {
    const networks = data.networks.name.map((name, network) => ({
        kind: 'network', network, title: name,
        detail: 'network, latency ' + durationText(BigInt(data.networks.latency[network])),
    }));
    const pairs = replies.map((pair) => ({
        kind: 'reply', pair, title: lanes.name[pair.asker] + ' ⇄ ' + lanes.name[pair.answerer],
        detail: 'reply time of ' + lanes.name[pair.answerer],
    }));
    const interfaces = data.interfaces.lane.map((lane, i) => ({
        kind: 'interface', index: i, title: interfaceName(i), detail: data.interfaces.address[i] || '',
    }));
    return [...networks, ...pairs, ...interfaces.filter(({ index }) => !series || series.interfaces.includes(index))];
}
export const allPlots = listPlots();

// `shown` are the plots on the page, `matching` how many the filter lets through.
export const selection = { shown: [], matching: 0, filter: '', limit: PLOTS_AT_FIRST };

export function selectPlots() {
    const words = selection.filter.toLowerCase();
    const matching = allPlots.filter((plot) => (plot.title + ' ' + plot.detail).toLowerCase().includes(words));
    // At first a few of each kind rather than all of one.
    const few = matching.filter((plot) => plot.kind !== 'reply' || replies.indexOf(plot.pair) < 3);
    const isFirst = selection.limit <= PLOTS_AT_FIRST && !words && few.length >= 3;
    selection.matching = matching.length;
    selection.shown = (isFirst ? few : matching).slice(0, selection.limit);
}

export function filterPlots(words) {
    selection.filter = words;
    selection.limit = PLOTS_AT_FIRST;
    selectPlots();
}

export function showMorePlots() {
    selection.limit += MORE_PLOTS;
    selectPlots();
}

// The parts of the window that the bars stand for.
export let bins = null;

// Sums what was sent and received in each part of the window, for the plots that are shown.
export function sumPlots() {
    const step = stepOf(BIN_PIXELS);
    bins = new Bins(scale, series && step < seriesWidth ? seriesWidth : step);
    // Sparse, by index: looked up for each frame.
    const byNetwork = [];
    const byInterface = [];
    for (const plot of selection.shown) {
        if (plot.kind === 'reply') continue;
        plot.sent = new Float64Array(bins.count);
        plot.received = new Float64Array(bins.count);
        plot.frames = new Float64Array(bins.count);
        if (plot.kind === 'network') byNetwork[plot.network] = plot;
        else byInterface[plot.index] = plot;
    }
    if (series) sumSeries(byNetwork, byInterface);
    else sumFrames(byNetwork, byInterface);
}

function sumFrames(byNetwork, byInterface) {
    const { sent, delay } = frames;
    const start = lowerBound(sent, bins.from > longestDelay ? bins.from - longestDelay : 0n);
    for (let i = start; i < frameCount; i++) {
        const place = bins.place(sent.seconds[i], sent.nanoseconds[i]);
        if (place >= bins.count) break;
        const from = frames.from[i];
        if (place >= 0 && isFirstOfFrame(i)) {
            addSent(byNetwork[networkOfInterface[from]], place, frames.bytes[i]);
            addSent(byInterface[from], place, frames.bytes[i]);
        }
        const plot = fateOf(i) === ARRIVED ? byInterface[frames.to[i]] : null;
        if (!plot) continue;
        const arrival = bins.place(sent.seconds[i] + delay.seconds[i], sent.nanoseconds[i] + delay.nanoseconds[i]);
        if (arrival >= 0 && arrival < bins.count) plot.received[arrival] += frames.bytes[i];
    }
}

function addSent(plot, place, bytes) {
    if (!plot) return;
    plot.sent[place] += bytes;
    plot.frames[place] += 1;
}

// Each sum of the series goes into the part of the window that holds its middle.
function sumSeries(byNetwork, byInterface) {
    const add = (row, sums) => {
        if (!row) return;
        for (let i = Number(bins.from / seriesWidth); i < row.length; i++) {
            const place = bins.placeOfMiddle(seriesWidth * BigInt(i), seriesWidth);
            if (place >= bins.count) break;
            sums[place] += Number(row[i]);
        }
    };
    byNetwork.forEach((plot, network) => add(series.networks[network], plot.sent));
    byInterface.forEach((plot, index) => {
        const row = series.interfaces.indexOf(index);
        add(series.sent[row], plot.sent);
        add(series.received[row], plot.received);
    });
}
