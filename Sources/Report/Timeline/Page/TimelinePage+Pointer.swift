extension TimelinePage {
    /// What is under the pointer, in words, and what pointer and keys do.
    static let pointerScript = #"""
        const tip = $('tip');
        function tipLine(text, kind) { return make('div', { class: kind || '' }, text); }
        function describe(x, y) {
            const lines = [];
            for (const hit of hits.marks) {
                if (Math.abs(hit.x - x) > 5 || Math.abs(hit.y - y) > Math.max(7, G1.marks)) continue;
                if (hit.isConsole) describeConsole(hit, lines);
                else if (hit.faults) for (const fault of hit.faults.slice(0, 8)) describeFault(fault, lines);
                else for (const mark of hit.marks.slice(0, 8)) describeMark(mark, lines);
                if (lines.length > 14) break;
            }
            const bar = barAt(x, y);
            if (bar) (bar.fault ? describeFault(bar.fault, lines) : describeRuns(bar.runs, lines));
            const isOnPinned = isPinned() && y < laneHeight;
            if (lines.length === 0 && !isOnPinned) describeArrow(x, y, lines);
            const lane = isOnPinned ? 0 : Math.floor((y + scroller.scrollTop) / laneHeight);
            if (lines.length === 0 && lane >= 0 && lane < laneCount) describeState(lane, x, lines);
            return lines;
        }
        // What was painted last is on top.
        const barAt = (x, y) => hits.bars.findLast(
            (hit) => x >= hit.x0 - 1 && x <= hit.x1 + 1 && y >= hit.y0 && y <= hit.y1);
        function describeConsole(hit, lines) {
            const own = consoleOf[hit.lane];
            lines.push(tipLine('console of ' + L.name[hit.lane] + ' at ' + moment(at(own.t, hit.from)), 'head'));
            for (const place of own.places.slice(hit.from, Math.min(hit.to, hit.from + 10))) {
                lines.push(tipLine(consoleLines.text[place] || '(empty line)', 'mono'));
            }
            if (hit.to - hit.from > 10) lines.push(tipLine('and ' + (hit.to - hit.from - 10) + ' more', 'dim'));
        }
        const MARK_WORDS = { up: 'is up', end: 'ended', leave: 'left the calendar', problem: 'problem', fault: 'fault',
            alarm: 'time limit' };
        function describeMark(mark, lines) {
            lines.push(tipLine(L.name[marks.lane[mark]] + ': ' + MARK_WORDS[marks.kind[mark]]
                + ' at ' + moment(at(marks.t, mark)), 'head'));
            if (marks.text[mark]) lines.push(tipLine(marks.text[mark]));
        }
        // Of those on one pixel, what failed comes first.
        function describeRuns(runs, lines) {
            const worst = [...runs].sort((a, b) => RANK[runColour(b)] - RANK[runColour(a)]);
            for (const run of worst.slice(0, 4)) describeRun(run, lines);
            if (runs.length > 4) lines.push(tipLine('and ' + (runs.length - 4) + ' more runs here', 'dim'));
        }
        function describeRun(run, lines) {
            const command = run.command;
            const place = command.runs.indexOf(run) + 1;
            const all = command.runCount === big(command.runs.length);
            lines.push(tipLine(L.name[command.lane] + ' ran ' + (command.isCheck ? 'check ' : 'command ') + command.number
                + (command.runCount > 1n ? all ? ', run ' + place + ' of ' + command.runCount
                    : ', one of ' + plural(command.runCount, 'run') : ''), 'head'));
            lines.push(tipLine(command.text, 'mono'));
            lines.push(tipLine(moment(run.start) + ' to ' + (run.end === null ? 'the end' : moment(run.end))
                + ' (' + span(until(run) - run.start) + ')'));
            const isJudged = !command.isCheck && run === lastRun(command);
            lines.push(tipLine(isJudged ? statusText(command) : none(run.status)
                ? (run.end === null ? 'still running' : 'cut off by the end of its machine') : 'exit ' + run.status,
            runColour(run)));
        }
        function distance([x0, y0, x1, y1], x, y) {
            const [dx, dy] = [x1 - x0, y1 - y0];
            const square = dx * dx + dy * dy;
            const part = square === 0 ? 0 : Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / square));
            return Math.hypot(x - x0 - part * dx, y - y0 - part * dy);
        }
        function describeArrow(x, y, lines) {
            let best = null;
            for (const group of hits.arrows) {
                const far = distance(group.line, x, y);
                if (far < 5 && (!best || far < best.far)) best = { far, group };
            }
            if (!best) return;
            const group = best.group;
            const i = group.arrow;
            const [from, to] = [arrows.from[i], arrows.to[i]];
            if (group.count > 1) {
                lines.push(tipLine(group.count + ' frames' + (group.isMixed ? '' : ' from ' + L.name[group.from]
                    + (group.to === group.from ? '' : ' to ' + L.name[group.to])), 'head'));
                lines.push(tipLine('between ' + moment(at(arrows.t, i)) + ' and ' + moment(at(arrows.t, group.last))));
                return;
            }
            lines.push(tipLine(octets(arrows.bytes[i]) + ' from ' + interfaceName(from)
                + (to < 0 ? '' : ' to ' + interfaceName(to)), 'head'));
            lines.push(tipLine('sent at ' + moment(at(arrows.t, i))));
            const fate = arrows.fate[i] & 3;
            if (fate === UNKNOWN) lines.push(tipLine('what became of it is not in the trace', 'dim'));
            else {
                lines.push(tipLine((fate === LOST ? 'lost at ' : 'arrived at ') + moment(at(arrows.t, i) + at(arrows.d, i))
                    + ', after ' + span(at(arrows.d, i)), fate === LOST ? 'bad' : ''));
            }
            if (reasonOf.get(i)) lines.push(tipLine(reasonOf.get(i), 'bad'));
        }
        function describeState(lane, x, lines) {
            const time = timeAt(x);
            for (const fault of faultsOf[lane]) {
                if (time >= fault.start && time <= faultUntil(fault)) describeFault(fault, lines);
            }
            if (began[lane] === null || time < began[lane] || time > (ended[lane] ?? end)) return;
            lines.push(tipLine(L.name[lane] + ' at ' + moment(time), 'head'));
            if (!hasTurns) return;
            const { t, r } = turns[lane];
            const i = lower(t, time + 1n) - 1;
            const isSampled = turnsWhole !== null && time >= turnsWhole;
            if (i < 0) return;
            const [start, ran] = [at(t, i), at(r, i)];
            if (time - start < BigInt(Math.ceil(1.5 / V.k))) {
                lines.push(tipLine('has its turn at ' + moment(start) + (ran > 0n ? ', then runs freely for ' + span(ran) : '')));
            } else if (time < start + ran) {
                lines.push(tipLine('runs freely from ' + moment(start) + ' for ' + span(ran)));
            } else lines.push(tipLine(isSampled ? 'between two turns of the sample' : 'waits'));
        }

        function showTip(lines, x, y) {
            tip.replaceChildren(...lines);
            tip.hidden = lines.length === 0;
            if (tip.hidden) return;
            const box = tip.getBoundingClientRect();
            tip.style.left = Math.max(4, Math.min(x + 14, window.innerWidth - box.width - 8)) + 'px';
            tip.style.top = (y + 18 + box.height > window.innerHeight ? Math.max(4, y - box.height - 10) : y + 18) + 'px';
        }
        function describePlot(x, y) {
            const plot = plots[Math.floor(y / PLOT)];
            if (!plot) return [];
            if (plot.kind === 'reply') {
                const t = plot.pair.t;
                let i = lower(t, timeAt(x));
                if (i === t.length || (i > 0 && X(t.s[i], t.n[i]) - x > x - X(t.s[i - 1], t.n[i - 1]))) i -= 1;
                if (i < 0 || Math.abs(X(t.s[i], t.n[i]) - x) > 8) return [];
                return [tipLine(plot.title, 'head'), tipLine(span(at(plot.pair.took, i)) + ', replied at ' + moment(at(t, i)))];
            }
            const bin = Math.floor((x - XB(bins.from)) / (bins.ns * V.k));
            if (!(bin >= 0 && bin < bins.count)) return [];
            const from = bins.from + BigInt(bin) * bins.width;
            const lines = [tipLine(plot.title, 'head'), tipLine(moment(from) + ' and the ' + span(bins.width) + ' after')];
            const frames = plot.frames[bin] ? ' in ' + plural(plot.frames[bin], 'frame') : '';
            lines.push(tipLine(octets(plot.sent[bin]) + ' sent' + frames));
            if (plot.kind === 'interface') lines.push(tipLine(octets(plot.got[bin]) + ' got'));
            return lines;
        }

        // MARK: pointer

        function place(event, element) {
            const box = element.getBoundingClientRect();
            return { x: event.clientX - box.left - left, y: event.clientY - box.top };
        }
        function attach(element, words) {
            let drag = null;
            element.addEventListener('wheel', (event) => {
                const { x } = place(event, element);
                if (x < -MARGIN && element === $('lanes')) return;
                if (event.shiftKey) return;
                event.preventDefault();
                const unit = event.deltaMode === 1 ? 20 : 1;
                if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) return pan(event.deltaX * unit);
                zoomAbout(Math.max(0, Math.min(V.width, x)), Math.exp(Math.max(-300, Math.min(300, event.deltaY * unit)) / 400));
            }, { passive: false });
            element.addEventListener('pointerdown', (event) => {
                if (event.button !== 0) return;
                element.setPointerCapture(event.pointerId);
                const { x, y } = place(event, element);
                drag = { x, y, startX: event.clientX, startY: event.clientY, top: scroller.scrollTop,
                    from: view.from, to: view.to, isMoved: false, isSelecting: event.shiftKey };
                showTip([], 0, 0);
            });
            element.addEventListener('pointermove', (event) => {
                const { x, y } = place(event, element);
                pointer = { x, y, selectFrom: drag && drag.isSelecting ? drag.x : undefined };
                if (!drag) {
                    showTip(words(x, y), event.clientX, event.clientY);
                    element.style.cursor = tip.hidden ? 'grab' : 'pointer';
                    if (x < -MARGIN || x > V.width + MARGIN) pointer = null;
                } else if (!drag.isSelecting) {
                    const dx = event.clientX - drag.startX;
                    drag.isMoved = drag.isMoved || Math.abs(dx) + Math.abs(event.clientY - drag.startY) > 3;
                    const by = BigInt(Math.round(dx / V.k));
                    if (drag.isMoved) {
                        setView(drag.from - by, drag.to - by);
                        if (element === $('lanes')) scroller.scrollTop = drag.top - (event.clientY - drag.startY);
                    }
                }
                repaint();
            });
            const release = (event) => {
                if (!drag) return;
                const { x, y } = place(event, element);
                const ended = drag;
                drag = null;
                if (event.type !== 'pointerup') return;
                if (ended.isSelecting && Math.abs(x - ended.x) > 4) {
                    setView(timeAt(Math.min(x, ended.x)), timeAt(Math.max(x, ended.x)));
                } else if (!ended.isMoved && element === $('lanes')) click(x, y);
                repaint();
            };
            element.addEventListener('pointerup', release);
            element.addEventListener('pointercancel', release);
            element.addEventListener('pointerleave', () => {
                pointer = null;
                showTip([], 0, 0);
                repaint();
            });
            element.addEventListener('dblclick', (event) => zoomAbout(place(event, element).x, 0.25));
        }
        function click(x, y) {
            const bar = barAt(x, y);
            if (bar) show((bar.fault || bar.runs[0]).start, bar.fault ? faultUntil(bar.fault) : until(bar.runs[bar.runs.length - 1]));
        }
        function attachOverview() {
            const strip = $('overview');
            let isDown = false;
            const centre = (event) => {
                const x = Math.max(0, Math.min(stripWidth, place(event, strip).x));
                const time = BigInt(Math.round(x / stripWidth * Number(whole.to)));
                const width = view.to - view.from;
                setView(time - width / 2n, time - width / 2n + width);
            };
            strip.addEventListener('pointerdown', (event) => {
                isDown = true;
                strip.setPointerCapture(event.pointerId);
                centre(event);
            });
            strip.addEventListener('pointermove', (event) => { if (isDown) centre(event); });
            strip.addEventListener('pointerup', () => { isDown = false; });
            strip.addEventListener('pointercancel', () => { isDown = false; });
            strip.addEventListener('wheel', (event) => {
                event.preventDefault();
                zoomAbout(V.width / 2, Math.exp(Math.max(-300, Math.min(300, event.deltaY)) / 400));
            }, { passive: false });
        }
        function onKey(event) {
            if (event.ctrlKey || event.metaKey || event.altKey) return;
            const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
            if (isTyping) return;
            const middle = pointer ? Math.max(0, Math.min(V.width, pointer.x)) : V.width / 2;
            const keys = {
                '+': () => zoomAbout(middle, 0.5), '=': () => zoomAbout(middle, 0.5), '-': () => zoomAbout(middle, 2),
                '_': () => zoomAbout(middle, 2), ArrowLeft: () => pan(-V.width / 5), ArrowRight: () => pan(V.width / 5),
                ArrowUp: () => { scroller.scrollTop -= Math.max(40, laneHeight); },
                ArrowDown: () => { scroller.scrollTop += Math.max(40, laneHeight); },
                Home: () => pan(-Number(view.from) * V.k), End: () => pan(Number(whole.to - view.to) * V.k),
                0: showAll, '/': () => $('search').focus(),
                Escape: () => { found = null; repaint(); },
            };
            const action = keys[event.key];
            if (!action) return;
            event.preventDefault();
            action();
        }
        """#
}
