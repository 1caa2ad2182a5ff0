extension TimelinePage {
    /// Paints the lanes: states, commands, marks. What falls on one pixel is painted once.
    static let lanesScript = #"""
        const scroller = $('scroller');
        let laneHeight = 20;
        let areRowsFitted = false;
        // Of one lane, from its top: command bars, the band of states, marks.
        let G1 = { bar: 0, bars: 0, band: 0, bandTop: 0, marksTop: 0, marks: 0 };
        // What was painted and can be pointed at.
        let hits = { bars: [], marks: [], arrows: [] };

        function layoutLanes() {
            const room = Math.max(230, Math.min(900, window.innerHeight - 320));
            if (areRowsFitted) laneHeight = Math.max(1, Math.min(20, room / laneCount));
            else {
                const tallest = (laneCount <= 4 ? 62 : 46) + 20 * Math.max(1, barRows);
                laneHeight = Math.max(24, Math.min(tallest, Math.floor(room / laneCount)));
            }
            const h = laneHeight;
            const rows = Math.max(1, barRows);
            if (h >= 40 + 12 * rows) G1 = { bar: Math.min(18, (h - 40) / rows), band: 14, marks: 10, gap: 4 };
            else if (h >= 30) G1 = { bar: (h - 19) / rows, band: 9, marks: 5, gap: 2 };
            else if (h >= 12) G1 = { bar: Math.max(2, (h - 11) / rows), band: 7, marks: 3, gap: 0 };
            else G1 = { bar: 0, band: Math.max(1.5, h - 1), marks: 0, gap: 0 };
            G1.bars = G1.bar * rows;
            G1.top = Math.max(0.5, (h - G1.bars - G1.band - G1.marks - 2 * G1.gap) / 2);
            G1.bandTop = G1.top + G1.bars + G1.gap;
            G1.marksTop = G1.bandTop + G1.band + G1.gap;
            const height = Math.ceil(Math.min(room, laneHeight * laneCount));
            scroller.style.height = height + 'px';
            $('spacer').style.height = Math.max(0, laneHeight * laneCount - height) + 'px';
        }
        // Read once for each painting: asking the element costs a layout.
        let scrolled = 0;
        // The lane of faults stays on top while the others scroll.
        const isPinned = () => hasFaults && scrolled > 0 && laneHeight >= 12;
        const laneTop = (lane) => (lane === 0 && isPinned() ? 0 : lane * laneHeight - scrolled);
        const bandMiddle = (lane) => laneTop(lane) + G1.bandTop + G1.band / 2;
        function reveal(lane) {
            if (none(lane) || lane < 0) return;
            const top = lane * laneHeight;
            if (top < scroller.scrollTop || top + laneHeight > scroller.scrollTop + scroller.clientHeight) {
                scroller.scrollTop = top - scroller.clientHeight / 2;
            }
        }

        // Sums over the pixels of one lane; used again for each.
        let cover = new Float32Array(1);
        let ticks = new Float32Array(1);

        function paintLanes() {
            const width = $('overview').clientWidth;
            const height = scroller.clientHeight;
            const context = prepare($('lanes'), width, height);
            hits = { bars: [], marks: [], arrows: [] };
            scrolled = scroller.scrollTop;
            const first = Math.max(0, Math.floor(scrolled / laneHeight));
            const last = Math.min(laneCount - 1, Math.ceil((scrolled + height) / laneHeight));
            cover = new Float32Array(Math.ceil(V.width) + 2 * MARGIN + 2);
            ticks = new Float32Array(cover.length);
            for (let lane = first; lane <= last; lane++) {
                if (lane % 2 === 0 && laneHeight >= 12) {
                    context.fillStyle = colour.zebra;
                    context.fillRect(0, laneTop(lane), width, laneHeight);
                }
            }
            context.save();
            context.beginPath();
            context.rect(GUTTER, 0, width - GUTTER, height);
            context.clip();
            context.translate(left, 0);
            paintGrid(context, height);
            for (let lane = first; lane <= last; lane++) {
                paintStates(context, lane);
                if (G1.bar > 0) paintRuns(context, lane);
                paintFaultsOf(context, lane);
            }
            if (first === 0) paintFaultLane(context);
            paintArrows(context, height, first, last);
            paintBarTexts(context);
            for (let lane = first; lane <= last; lane++) {
                paintConsole(context, lane);
                paintMarks(context, lane);
                paintMoments(context, lane);
            }
            paintSampled(context, height);
            paintCursor(context, height, first, last);
            context.restore();
            paintNames(context, first, last);
            if (isPinned()) paintPinned(context, width);
        }

        function paintNames(context, first, last) {
            const step = Math.max(1, Math.ceil(12 / laneHeight));
            context.textBaseline = 'middle';
            for (let lane = first; lane <= last; lane++) {
                if (lane % step !== 0) continue;
                const middle = Math.max(7, laneTop(lane) + laneHeight / 2);
                const hasDetail = laneHeight >= 44;
                context.font = (laneHeight >= 30 ? '600 13px' : '12px') + FONT.slice(4);
                context.fillStyle = found && found.lane === lane ? colour.accent : colour.text;
                context.fillText(fitted(context, laneName(lane), GUTTER - 20), 10, hasDetail ? middle - 9 : middle);
                if (!hasDetail) continue;
                context.font = SMALL;
                context.fillStyle = colour.dim;
                const kind = isLab(lane) ? (hasFaults ? plural(raw.totals.faults, 'fault') : 'the lab itself')
                    : L.model[lane] ? 'model: ' + L.model[lane] : L.began[lane] === null ? 'did not start'
                        : count(L.sent[lane]) + ' sent, ' + count(L.received[lane]) + ' got';
                context.fillText(fitted(context, kind, GUTTER - 20), 10, middle + 8);
            }
        }

        // MARK: states

        function paintStates(context, lane) {
            if (began[lane] === null) return;
            const bandY = laneTop(lane) + G1.bandTop;
            const from = Math.max(-MARGIN, XB(began[lane]));
            const to = Math.min(V.width + MARGIN, XB(ended[lane] ?? end));
            if (to < from) return;
            const thin = Math.min(2, G1.band / 3);
            context.fillStyle = colour.wait;
            context.fillRect(from, bandY + (G1.band - thin) / 2, Math.max(1, to - from), thin);
            if (!hasTurns) return;
            cover.fill(0);
            ticks.fill(0);
            gatherActivity(lane);
            const seen = gatherTurns(lane);
            paintCover(context, bandY);
            paintTicks(context, bandY, seen);
        }

        // Adds [x0, x1) to the pixels' cover.
        function addCover(x0, x1, weight) {
            x0 = Math.max(0, x0 + MARGIN);
            x1 = Math.min(cover.length - 1, x1 + MARGIN);
            if (!(x1 > x0)) return;
            const a = Math.floor(x0);
            const b = Math.floor(x1);
            if (a === b) cover[a] += (x1 - x0) * weight;
            else {
                cover[a] += (a + 1 - x0) * weight;
                for (let x = a + 1; x < b; x++) cover[x] += weight;
                cover[b] += (x1 - b) * weight;
            }
        }

        // Where the page has not all turns, sums stand for them, as fine as they are.
        const ACTIVITY = activity && big(activity.width);
        function gatherActivity(lane) {
            if (!activity) return;
            const isFine = areSumsFine();
            const firstBucket = Math.max(0, Number(view.from / ACTIVITY) - 1,
                isFine ? 0 : Number(turnsWhole / ACTIVITY) + 1);
            const lastBucket = Math.min(activity.turns[lane].length - 1, Number(view.to / ACTIVITY) + 1);
            for (let b = firstBucket; b <= lastBucket; b++) {
                const x0 = XB(ACTIVITY * BigInt(b));
                const x1 = XB(ACTIVITY * BigInt(b + 1));
                addCover(x0, x1, activity.free[lane][b] / 255 * (isFine ? 1 : 0.5));
                if (!isFine) continue;
                const perPixel = Number(activity.turns[lane][b]) / (x1 - x0);
                const a = Math.max(0, Math.floor(x0 + MARGIN));
                for (let x = a; x < Math.min(ticks.length, x1 + MARGIN); x++) ticks[x] += perPixel;
            }
        }
        // Sums stand for all turns while they are as fine as what is seen; else single turns, and pale sums behind a sample.
        const areSumsFine = () => activity && Number(activity.width) * V.k < 4;

        function gatherTurns(lane) {
            const { t, r } = turns[lane];
            if (areSumsFine()) return 0;
            let seen = 0;
            for (let i = Math.max(0, lower(t, view.from) - 1); i < t.length; i++) {
                const x0 = X(t.s[i], t.n[i]);
                if (x0 > V.width + MARGIN) break;
                if (x0 >= -MARGIN) {
                    ticks[Math.floor(x0 + MARGIN)] += 1;
                    seen += 1;
                }
                if (r.s[i] || r.n[i]) addCover(x0, X(t.s[i] + r.s[i], t.n[i] + r.n[i]), 1);
            }
            return seen;
        }

        function paintCover(context, bandY) {
            const inset = G1.band > 6 ? 1.5 : 0;
            context.fillStyle = colour.free;
            let x = 0;
            while (x < cover.length) {
                const level = Math.ceil(Math.min(1, cover[x]) * 8);
                let stop = x + 1;
                while (stop < cover.length && Math.ceil(Math.min(1, cover[stop]) * 8) === level) stop++;
                if (level > 0) {
                    context.globalAlpha = 0.2 + 0.1 * level;
                    context.fillRect(x - MARGIN, bandY + inset, stop - x, G1.band - 2 * inset);
                }
                x = stop;
            }
            context.globalAlpha = 1;
        }

        function paintTicks(context, bandY, seen) {
            // Many on a pixel: how many is told by the height, so that what lies below is seen.
            let most = 0;
            for (const value of ticks) most = Math.max(most, value);
            const isDense = seen > V.width / 6 || areSumsFine();
            context.fillStyle = colour.run;
            if (!isDense) {
                for (let x = 0; x < ticks.length; x++) {
                    if (ticks[x] > 0) context.fillRect(x - MARGIN, bandY, 1.5, G1.band);
                }
                return;
            }
            // Neighbours of the same height to half a pixel are one rectangle.
            const scale = 0.5 / Math.log1p(Math.max(6, most));
            const level = (x) => (ticks[x] > 0
                ? Math.round(2 * G1.band * (0.15 + scale * Math.log1p(ticks[x])) * Math.min(1, ticks[x])) : 0);
            context.globalAlpha = 0.75;
            for (let x = 0; x < ticks.length;) {
                const height = level(x);
                let stop = x + 1;
                while (stop < ticks.length && level(stop) === height) stop++;
                if (height > 0) context.fillRect(x - MARGIN, bandY + G1.band - height / 2, stop - x, height / 2);
                x = stop;
            }
            context.globalAlpha = 1;
        }

        // Where the page begins to have a sample only.
        function paintSampled(context, height) {
            for (const [whole, what] of [[turnsWhole, 'turns'], [framesWhole, 'frames']]) {
                if (whole === null || whole < view.from || whole > view.to) continue;
                const x = Math.floor(XB(whole)) + 0.5;
                context.strokeStyle = colour.accent;
                context.setLineDash([4, 4]);
                context.beginPath();
                context.moveTo(x, 0);
                context.lineTo(x, height);
                context.stroke();
                context.setLineDash([]);
                const text = what + ' from here on: a sample';
                const y = what === 'turns' ? 8 : 22;
                context.font = SMALL;
                context.textBaseline = 'middle';
                context.fillStyle = colour.back;
                context.fillRect(x + 3, y - 7, context.measureText(text).width + 6, 14);
                context.fillStyle = colour.accent;
                context.fillText(text, x + 6, y);
            }
        }

        // MARK: commands and marks

        const barColour = (kind) => 'bar' + kind[0].toUpperCase() + kind.slice(1);
        // Several on one pixel look like one; the worst is seen.
        const RANK = { good: 0, neutral: 1, bad: 2 };
        function paintRuns(context, lane) {
            const top = laneTop(lane) + G1.top;
            const last = [null, null, null];
            for (const run of runsOf[lane]) {
                const x0 = XB(run.start);
                const x1 = XB(until(run));
                if (x1 < -MARGIN || x0 > V.width + MARGIN) continue;
                const kind = runColour(run);
                const before = last[run.row];
                if (before && x1 - x0 < 2 && x0 - before.x0 < 2) {
                    before.runs.push(run);
                    if (RANK[kind] > RANK[before.kind]) paintBar(context, Object.assign(before, { kind }));
                    continue;
                }
                const a = Math.max(-MARGIN - 4, x0);
                const b = Math.max(a + 2, Math.min(V.width + MARGIN + 4, x1));
                const y = top + run.row * G1.bar;
                const bar = { x0: a, x1: b, y0: y, y1: y + G1.bar - (G1.bar > 8 ? 2 : 0.5), kind, runs: [run],
                    isOpen: none(run.status), text: run.command.text };
                paintBar(context, bar);
                last[run.row] = bar;
                hits.bars.push(bar);
            }
        }
        function paintBar(context, { x0, x1, y0, y1, kind, isOpen }) {
            context.fillStyle = colour[barColour(kind)];
            context.fillRect(x0, y0, x1 - x0, y1 - y0);
            context.fillStyle = colour[kind];
            context.fillRect(x0, y0, Math.min(3, x1 - x0), y1 - y0);
            // It did not end by itself.
            if (isOpen) context.fillRect(x1 - 1, y0, 1, y1 - y0);
        }
        // Over the arrows, on a ground of their own: they stay readable where many frames pass.
        function paintBarTexts(context) {
            if (G1.bar < 11.5) return;
            context.font = Math.min(12, Math.floor(G1.bar - 2)) + 'px ' + MONO;
            context.textBaseline = 'middle';
            for (const { x0, x1, y0, y1, text: words, kind, room = x1 } of hits.bars) {
                const start = Math.max(x0, -MARGIN + 2) + 7;
                const text = room - x0 > 24 ? fitted(context, words, room - start - 4) : '';
                if (!text) continue;
                context.fillStyle = colour[barColour(kind)];
                context.fillRect(start - 3, y0, Math.max(0, Math.min(x1 - start + 3, context.measureText(text).width + 6)), y1 - y0);
                context.fillStyle = colour.text;
                context.fillText(text, start, (y0 + y1) / 2 + 0.5);
            }
        }

        function paintConsole(context, lane) {
            const own = consoleOf[lane];
            if (G1.marks === 0 || own.t.length === 0) return;
            const y = laneTop(lane) + G1.marksTop;
            let i = lower(own.t, view.from > 0n ? view.from - 1n : 0n);
            context.fillStyle = colour.console;
            while (i < own.t.length) {
                const x = X(own.t.s[i], own.t.n[i]);
                if (x > V.width + MARGIN) break;
                let stop = i + 1;
                while (stop < own.t.length && X(own.t.s[stop], own.t.n[stop]) < Math.floor(x) + 1.5) stop++;
                const height = G1.marks * Math.min(1, 0.45 + 0.14 * Math.log2(stop - i));
                context.fillRect(x - 0.75, y + G1.marks - height, 1.5, height);
                hits.marks.push({ x, y: y + G1.marks / 2, lane, from: i, to: stop, isConsole: true });
                i = stop;
            }
        }

        const GLYPH = {
            up: ['good', '▲'], end: ['dim', '■'], leave: ['dim', '■'], problem: ['bad', '◆'], fault: ['fault', '⚡'],
            alarm: ['fault', '●'],
        };
        function paintMarks(context, lane) {
            const own = marksOf[lane];
            const size = Math.max(3, Math.min(5.5, laneHeight / 5));
            let lastOf = {};
            for (let i = lower(own.t, view.from > 0n ? view.from - 1n : 0n); i < own.t.length; i++) {
                const x = X(own.t.s[i], own.t.n[i]);
                if (x > V.width + MARGIN) break;
                const mark = own.places[i];
                const kind = marks.kind[mark];
                if (kind === 'alarm' && faultInstants.has(String(at(own.t, i)))) continue;
                if (lastOf[kind] && x - lastOf[kind].x < 3) {
                    lastOf[kind].marks.push(mark);
                    continue;
                }
                // A leave follows its end at once and says nothing more.
                if (kind === 'leave' && ended[lane] !== null && lastOf.end && x - lastOf.end.x < 12) continue;
                const y = laneTop(lane) + G1.bandTop + G1.band / 2;
                paintGlyph(context, kind, x, y, size);
                const hit = { x, y, lane, marks: [mark] };
                lastOf[kind] = hit;
                hits.marks.push(hit);
            }
        }
        function paintGlyph(context, kind, x, y, size) {
            context.beginPath();
            context.fillStyle = colour[GLYPH[kind][0]];
            context.strokeStyle = colour.back;
            context.lineWidth = 1.5;
            if (kind === 'up') {
                context.moveTo(x, y - size);
                context.lineTo(x + size, y + size);
                context.lineTo(x - size, y + size);
            } else if (kind === 'problem') {
                context.moveTo(x, y - size * 1.3);
                context.lineTo(x + size * 1.3, y);
                context.lineTo(x, y + size * 1.3);
                context.lineTo(x - size * 1.3, y);
            } else if (kind === 'fault') {
                context.moveTo(x + size * 0.5, y - size * 1.5);
                context.lineTo(x - size, y + size * 0.3);
                context.lineTo(x, y + size * 0.3);
                context.lineTo(x - size * 0.5, y + size * 1.5);
                context.lineTo(x + size, y - size * 0.3);
                context.lineTo(x, y - size * 0.3);
            } else if (kind === 'alarm') context.arc(x, y, size, 0, 7);
            else context.rect(x - size * 0.8, y - size * 0.8, size * 1.6, size * 1.6);
            context.closePath();
            context.stroke();
            context.fill();
        }
        """#
}
