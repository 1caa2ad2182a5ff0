extension TimelinePage {
    /// The axis, the strip of the whole run, and the lines that follow the pointer.
    static let axisScript = #"""
        // Steps between two labels, ns: 1, 2 and 5 of each power up to seconds, then what clocks and calendars have.
        const isShort = end < 3600n * G;
        const STEPS = (() => {
            const steps = [];
            for (let unit = 1n; unit < 1000n * G; unit *= 10n) for (const k of [1n, 2n, 5n]) steps.push(unit * k);
            // An hour and more is told in minutes and hours; less, in seconds alone.
            const rest = isShort ? [] : [30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000,
                864000, 1728000, 4320000, 8640000];
            for (let years = 1; years < 1000; years *= 10) for (const k of [1, 2, 5]) rest.push(years * k * 31536000);
            return steps.filter((step) => isShort || step <= 20n * G).concat(rest.map((s) => BigInt(s) * G));
        })();
        function stepFor(pixels) {
            const least = pixels / V.k;
            return STEPS.find((step) => Number(step) >= least) || STEPS[STEPS.length - 1];
        }
        function eachTick(step, body) {
            const firstTick = (view.from / step) * step;
            for (let time = firstTick; time <= view.to; time += step) if (time >= view.from) body(time, XB(time));
        }
        // Fine steps are told from the last round instant on the left.
        function base(step) {
            if (step >= 1000000n) return null;
            const unit = step >= 1000n ? 1000000n : 1000n;
            return (view.from / unit) * unit;
        }
        function tickLabel(time, step, from) {
            if (from !== null) {
                const unit = step >= 1000n ? 1000n : 1n;
                return '+' + count(trimmed(time - from, unit).replace(/\.0+$/, '')) + (unit === 1n ? ' ns' : ' µs');
            }
            if (step >= 31536000n * G) return time / (31536000n * G) + ' y';
            if (step >= 86400n * G) return time / (86400n * G) + ' d';
            const digits = step >= G ? 0 : step >= 100000000n ? 1 : step >= 10000000n ? 2 : 3;
            const cut = (text) => (digits === 0 ? text.replace(/\.\d{9}/, '')
                : text.replace(/(\.\d{9})/, (all) => all.slice(0, digits + 1)));
            return cut(moment(time));
        }
        function paintAxis() {
            const width = $('overview').clientWidth;
            const context = prepare($('axis'), width, 40);
            const step = stepFor(105);
            const from = base(step);
            context.font = SMALL;
            context.textBaseline = 'alphabetic';
            context.fillStyle = colour.dim;
            const origin = from === null ? view.from : from;
            const day = timeOfDay(origin).replace(/(\.\d*?)0* UTC/, (all, digits) => (digits === '.' ? '' : digits) + ' UTC');
            context.fillText((from === null ? 'from ' + moment(origin) : moment(origin) + '  plus') + '   ·   ' + day, left, 13);
            const right = 'shown: ' + roughly(view.to - view.from);
            context.textAlign = 'right';
            context.fillText(right, width - MARGIN, 13);
            context.textAlign = 'center';
            context.fillStyle = colour.text;
            context.strokeStyle = colour.line;
            context.beginPath();
            eachTick(step, (time, x) => {
                const label = tickLabel(time, step, from);
                const half = context.measureText(label).width / 2;
                context.fillText(label, Math.min(left + x, width - half - 4), 31);
                context.moveTo(left + x + 0.5, 35);
                context.lineTo(left + x + 0.5, 40);
            });
            context.stroke();
            context.textAlign = 'left';
            context.fillStyle = colour.dim;
            context.fillText('simulated time', 10, 31);
            if (pointer) {
                const label = moment(timeAt(pointer.x));
                const half = context.measureText(label).width / 2 + 5;
                const x = Math.max(left + half - MARGIN, Math.min(width - half, left + pointer.x));
                context.fillStyle = colour.accent;
                context.fillRect(x - half, 20, 2 * half, 16);
                context.fillStyle = colour.back;
                context.fillText(label, x - half + 5, 32);
            }
        }
        function paintGrid(context, height) {
            context.strokeStyle = colour.line;
            context.lineWidth = 1;
            context.beginPath();
            eachTick(stepFor(105), (time, x) => {
                context.moveTo(Math.floor(x) + 0.5, 0);
                context.lineTo(Math.floor(x) + 0.5, height);
            });
            context.stroke();
        }
        function paintCursor(context, height, first, last) {
            if (found) {
                const x = Math.floor(XB(found.time)) + 0.5;
                context.strokeStyle = colour.accent;
                context.lineWidth = 2;
                context.beginPath();
                context.moveTo(x, 0);
                context.lineTo(x, height);
                context.stroke();
                if (!none(found.lane) && found.lane >= first && found.lane <= last) {
                    context.strokeRect(x - 6, laneTop(found.lane) + 1, 12, laneHeight - 2);
                }
            }
            if (!pointer) return;
            context.strokeStyle = colour.accent;
            context.globalAlpha = 0.6;
            context.lineWidth = 1;
            context.beginPath();
            context.moveTo(Math.floor(pointer.x) + 0.5, 0);
            context.lineTo(Math.floor(pointer.x) + 0.5, height);
            context.stroke();
            context.globalAlpha = 1;
            if (!pointer.selectFrom && pointer.selectFrom !== 0) return;
            context.fillStyle = colour.accent;
            context.globalAlpha = 0.15;
            context.fillRect(pointer.selectFrom, 0, pointer.x - pointer.selectFrom, height);
            context.globalAlpha = 1;
        }

        // MARK: the strip of the whole run

        const STRIP = 46;
        // Pixels of a bar in it.
        const BAR = 3;
        let stripWidth = 0;
        let strip = null;
        const stripX = (time) => Number(time) / Number(whole.to) * stripWidth;
        // How many octets were sent and turns begun in each part of the whole run; counted once for a width.
        function gatherStrip() {
            const w = Math.max(1, Math.floor(stripWidth / BAR));
            if (strip && strip.frames.length === w + 1) return;
            strip = { frames: new Float64Array(w + 1), turns: new Float64Array(w + 1) };
            const scale = w / Number(whole.to);
            const place = (time) => Math.max(0, Math.min(w, Math.floor(time * scale)));
            if (raw.series) {
                spread(raw.series.networks, big(raw.series.width), strip.frames, scale);
            } else for (let i = 0; i < arrowCount; i++) strip.frames[place(ns(arrows.t, i))] += arrows.bytes[i];
            if (activity) spread(activity.turns, ACTIVITY, strip.turns, scale);
            else {
                for (const lane of turns) {
                    for (let i = 0; i < lane.t.length; i++) strip.turns[place(ns(lane.t, i))] += 1;
                }
            }
        }
        function spread(rows, width, sums, scale) {
            for (const row of rows) {
                for (let b = 0; b < row.length; b++) {
                    const a = Number(width) * b * scale;
                    const z = Number(width) * (b + 1) * scale;
                    const stop = Math.min(sums.length - 1, Math.max(Math.floor(a), Math.ceil(z) - 1));
                    const share = Number(row[b]) / (stop - Math.floor(a) + 1);
                    for (let x = Math.floor(a); x <= stop; x++) sums[x] += share;
                }
            }
        }
        function paintOverview() {
            const width = $('overview').clientWidth;
            const context = prepare($('overview'), width, STRIP);
            stripWidth = spaceForTime();
            gatherStrip();
            context.font = SMALL;
            context.textBaseline = 'middle';
            context.fillStyle = colour.dim;
            context.fillText('whole run, ' + roughly(end), 10, 9);
            context.fillStyle = colour.down;
            context.fillText(fitted(context, raw.totals.frames ? 'bytes sent' : 'no frames', GUTTER - 20), 10, 23);
            context.fillStyle = colour.run;
            context.fillText(hasTurns ? 'turns' : '', 10, 37);
            context.save();
            context.translate(left, 0);
            context.fillStyle = colour.zebra;
            context.fillRect(-MARGIN, 0, stripWidth + 2 * MARGIN, STRIP);
            for (const [sums, name, top, height] of [[strip.frames, 'down', 22, 18], [strip.turns, 'run', 42, 16]]) {
                let most = 0;
                for (const value of sums) most = Math.max(most, value);
                if (most === 0) continue;
                context.fillStyle = colour[name];
                context.globalAlpha = 0.75;
                for (let x = 0; x < sums.length; x++) {
                    if (sums[x] > 0) {
                        const h = Math.max(1, height * Math.log1p(sums[x]) / Math.log1p(most));
                        context.fillRect(x * BAR, top - h, BAR - 0.5, h);
                    }
                }
                context.globalAlpha = 1;
            }
            for (let i = 0; i < marks.t.length; i++) {
                const kind = marks.kind[i];
                if (kind !== 'problem' && kind !== 'fault') continue;
                context.fillStyle = colour[GLYPH[kind][0]];
                context.fillRect(stripX(at(marks.t, i)) - 1, 0, 2, STRIP);
            }
            paintFaultStrip(context);
            for (const whole of [turnsWhole, framesWhole]) {
                if (whole === null) continue;
                // From here on the page has a sample.
                context.strokeStyle = colour.dim;
                context.setLineDash([3, 3]);
                context.beginPath();
                context.moveTo(stripX(whole), 0);
                context.lineTo(stripX(whole), STRIP);
                context.stroke();
                context.setLineDash([]);
            }
            const a = stripX(view.from);
            const b = Math.max(a + 3, stripX(view.to));
            context.fillStyle = colour.back;
            context.globalAlpha = 0.6;
            context.fillRect(-MARGIN, 0, a + MARGIN, STRIP);
            context.fillRect(b, 0, stripWidth + MARGIN - b, STRIP);
            context.globalAlpha = 1;
            context.strokeStyle = colour.accent;
            context.lineWidth = 1.5;
            context.strokeRect(a, 1, b - a, STRIP - 2);
            context.restore();
        }
        """#
}
