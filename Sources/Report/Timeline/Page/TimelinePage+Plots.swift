extension TimelinePage {
    /// Plots below the lanes, on the same time axis: what networks and interfaces carried, and how long replies took.
    static let plotsScript = #"""
        const PLOT = 74;
        const PLOTS_AT_FIRST = 8;
        const networkOf = raw.interfaces.network;
        const seriesOf = raw.series ? new Set(raw.series.interfaces) : null;
        const allPlots = [];
        raw.networks.name.forEach((name, network) => allPlots.push({
            kind: 'network', network, title: name, detail: 'network, latency ' + span(big(raw.networks.latency[network])),
        }));
        for (const pair of replies) {
            allPlots.push({
                kind: 'reply', pair, title: L.name[pair.asker] + ' ⇄ ' + L.name[pair.answerer],
                detail: 'reply time of ' + L.name[pair.answerer],
            });
        }
        raw.interfaces.lane.forEach((lane, i) => {
            if (seriesOf && !seriesOf.has(i)) return;
            allPlots.push({
                kind: 'interface', index: i, title: interfaceName(i), detail: raw.interfaces.address[i] || '',
            });
        });
        let plots = [];
        let plotFilter = '';
        let plotLimit = PLOTS_AT_FIRST;
        function choosePlots() {
            const words = plotFilter.toLowerCase();
            const matching = allPlots.filter((plot) => (plot.title + ' ' + plot.detail).toLowerCase().includes(words));
            // Few of each kind rather than all of one.
            const few = matching.filter((plot, i) => plot.kind !== 'reply' || replies.indexOf(plot.pair) < 3);
            plots = (plotLimit <= PLOTS_AT_FIRST && !words && few.length >= 3 ? few : matching).slice(0, plotLimit);
            $('moreplots').textContent = matching.length > plots.length
                ? 'Show more of ' + matching.length + ' plots' : '';
            $('moreplots').hidden = matching.length <= plots.length;
            $('noplots').hidden = allPlots.length > 0;
            $('networks').hidden = allPlots.length === 0;
            repaint();
        }

        // Equal parts of the view, at least three pixels wide, that do not move with it.
        let bins = { width: 1n, from: 0n, count: 0 };
        function makeBins() {
            let width = stepFor(3);
            if (raw.series && width < big(raw.series.width)) width = big(raw.series.width);
            const from = (view.from / width) * width;
            bins = { width, from, count: Number((view.to - from) / width) + 1 };
            bins.s = Number(from / G);
            bins.n = Number(from % G);
            bins.ns = Number(width);
        }
        function gatherPlots() {
            makeBins();
            // Sparse, by index: looked up for each frame.
            const byNetwork = [];
            const byInterface = [];
            for (const plot of plots) {
                if (plot.kind === 'reply') continue;
                plot.sent = new Float64Array(bins.count);
                plot.got = new Float64Array(bins.count);
                plot.frames = new Float64Array(bins.count);
                (plot.kind === 'network' ? byNetwork : byInterface)[plot.network ?? plot.index] = plot;
            }
            if (raw.series) return gatherSeries(byNetwork, byInterface);
            const place = (s, n) => Math.floor(((s - bins.s) * 1e9 + (n - bins.n)) / bins.ns);
            const start = lower(arrows.t, bins.from > longestDelay ? bins.from - longestDelay : 0n);
            for (let i = start; i < arrowCount; i++) {
                const sent = place(arrows.t.s[i], arrows.t.n[i]);
                if (sent >= bins.count) break;
                const from = arrows.from[i];
                if (sent >= 0 && arrows.fate[i] & FIRST) {
                    note(byNetwork[networkOf[from]], sent, arrows.bytes[i]);
                    note(byInterface[from], sent, arrows.bytes[i]);
                }
                const plot = (arrows.fate[i] & 3) === 0 ? byInterface[arrows.to[i]] : null;
                if (!plot) continue;
                const got = place(arrows.t.s[i] + arrows.d.s[i], arrows.t.n[i] + arrows.d.n[i]);
                if (got >= 0 && got < bins.count) plot.got[got] += arrows.bytes[i];
            }
        }
        function note(plot, bin, bytes) {
            if (!plot) return;
            plot.sent[bin] += bytes;
            plot.frames[bin] += 1;
        }
        // The page has sums only: each of theirs goes into the part where its middle is.
        function gatherSeries(byNetwork, byInterface) {
            const width = big(raw.series.width);
            const add = (row, sums) => {
                if (!row) return;
                let bucket = Number(bins.from / width);
                for (; bucket < row.length; bucket++) {
                    const place = Number((width * BigInt(bucket) + width / 2n - bins.from) / bins.width);
                    if (place >= bins.count) break;
                    sums[place] += Number(row[bucket]);
                }
            };
            byNetwork.forEach((plot, network) => add(raw.series.networks[network], plot.sent));
            byInterface.forEach((plot, index) => {
                const row = raw.series.interfaces.indexOf(index);
                add(raw.series.sent[row], plot.sent);
                add(raw.series.received[row], plot.got);
            });
        }

        function paintPlots() {
            const width = $('overview').clientWidth;
            const height = Math.max(1, plots.length * PLOT);
            const context = prepare($('plots'), width, height);
            gatherPlots();
            plots.forEach((plot, row) => {
                const top = row * PLOT;
                context.fillStyle = colour.zebra;
                if (row % 2 === 0) context.fillRect(0, top, width, PLOT);
                context.save();
                context.beginPath();
                context.rect(GUTTER, top, width - GUTTER, PLOT);
                context.clip();
                context.translate(left, top);
                paintGrid(context, PLOT);
                const scale = plot.kind === 'reply' ? paintReplies(context, plot) : paintThroughput(context, plot);
                if (pointer) {
                    context.fillStyle = colour.accent;
                    context.globalAlpha = 0.6;
                    context.fillRect(Math.floor(pointer.x), 0, 1, PLOT);
                    context.globalAlpha = 1;
                }
                context.restore();
                context.textBaseline = 'middle';
                context.font = '600 12px' + FONT.slice(4);
                context.fillStyle = colour.text;
                context.fillText(fitted(context, plot.title, GUTTER - 18), 10, top + 16);
                context.font = SMALL;
                context.fillStyle = colour.dim;
                context.fillText(fitted(context, plot.detail, GUTTER - 18), 10, top + 33);
                scale.forEach((text, i) => {
                    context.fillText(fitted(context, text, GUTTER - 18), 10, top + 49 + 14 * i);
                });
            });
            $('plotunit').textContent = 'Bars stand for ' + span(bins.width) + ' each.'
                + (raw.series ? ' Finer sums are not on this page.' : '');
        }
        function paintThroughput(context, plot) {
            let peak = 0;
            for (let i = 0; i < bins.count; i++) peak = Math.max(peak, plot.sent[i], plot.got[i]);
            const hasGot = plot.kind === 'interface';
            const floor = hasGot ? PLOT / 2 : PLOT - 6;
            const room = hasGot ? PLOT / 2 - 6 : PLOT - 16;
            const barWidth = Math.max(1, bins.ns * V.k - (bins.ns * V.k > 5 ? 1 : 0));
            for (const [sums, sign, name] of [[plot.sent, -1, 'plot'], [plot.got, 1, 'plot2']]) {
                context.fillStyle = colour[name];
                for (let i = 0; i < bins.count; i++) {
                    if (!sums[i]) continue;
                    const h = Math.max(1, room * sums[i] / peak);
                    const x = XB(bins.from) + i * bins.ns * V.k;
                    context.fillRect(x, sign < 0 ? floor - h : floor, barWidth, h);
                }
            }
            context.fillStyle = colour.line;
            context.fillRect(-MARGIN, floor, V.width + 2 * MARGIN, 1);
            if (peak === 0) return ['nothing here'];
            const most = 'at most ' + octets(peak) + ' in ' + span(bins.width);
            const rate = bins.width >= 1000000n && peak * 1e9 >= bins.ns ? octets(peak * 1e9 / bins.ns) + '/s' : '';
            return hasGot ? ['↑ sent  ↓ received', rate ? 'at most ' + rate : most] : [most, rate ? '= ' + rate : ''];
        }
        function paintReplies(context, plot) {
            const pair = plot.pair;
            const low = Math.log10(Math.max(1, Number(pair.least)));
            const high = Math.max(low + 0.3, Math.log10(Math.max(1, Number(pair.most))));
            const margin = (high - low) * 0.12;
            const y = (took) => PLOT - 8 - (PLOT - 20)
                * (Math.log10(Math.max(1, took)) - low + margin) / (high - low + 2 * margin);
            context.font = SMALL;
            context.textBaseline = 'middle';
            for (let decade = Math.ceil(low - margin); decade <= high + margin; decade++) {
                context.fillStyle = colour.line;
                context.fillRect(-MARGIN, Math.round(y(10 ** decade)), V.width + 2 * MARGIN, 1);
                context.fillStyle = colour.dim;
                context.fillText(roughly(10n ** BigInt(decade)), 0, Math.round(y(10 ** decade)) - 6);
            }
            context.fillStyle = colour.plot;
            const taken = new Set();
            for (let i = lower(pair.t, view.from); i < pair.t.length; i++) {
                const x = X(pair.t.s[i], pair.t.n[i]);
                if (x > V.width + MARGIN) break;
                const height = y(ns(pair.took, i));
                const key = Math.floor(x / 2) * 1000 + Math.floor(height / 2);
                if (taken.has(key)) continue;
                taken.add(key);
                context.fillRect(x - 1.25, height - 1.25, 2.5, 2.5);
            }
            const [least, most] = [roughly(pair.least), roughly(pair.most)];
            return [least === most ? least : least + ' to ' + most, plural(pair.count, 'reply', 'replies')];
        }
        """#
}
