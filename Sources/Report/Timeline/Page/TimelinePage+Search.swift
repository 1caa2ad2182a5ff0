extension TimelinePage {
    /// Search, the start of it all, and the object for tests.
    static let searchScript = #"""
        const MOST_HITS = 60;
        let hitList = [];
        let chosen = -1;
        function search(words) {
            const text = words.trim().toLowerCase();
            hitList = [];
            chosen = -1;
            if (!text) return 0;
            let total = 0;
            const add = (kind, lane, time, what) => {
                total += 1;
                if (hitList.length < MOST_HITS) hitList.push({ kind, lane, time, what });
            };
            L.name.forEach((name, lane) => {
                if (name.toLowerCase().includes(text)) add('machine', lane, null, name);
            });
            for (const command of commands) {
                if (!command.text.toLowerCase().includes(text)) continue;
                add(command.isCheck ? 'check' : 'command', command.lane, command.runs.length ? command.runs[0].start : null,
                    command.text);
            }
            for (const fault of faults) {
                if (('fault ' + fault.text).toLowerCase().includes(text)) {
                    add('fault', fault.lane >= 0 ? fault.lane : 0, fault.start, fault.text);
                }
            }
            marks.text.forEach((line, i) => {
                if ((marks.kind[i] + ' ' + line).toLowerCase().includes(text)) {
                    add(marks.kind[i], marks.lane[i], at(marks.t, i), line || MARK_WORDS[marks.kind[i]]);
                }
            });
            consoleLines.text.forEach((line, i) => {
                if (line.toLowerCase().includes(text)) add('console', consoleLines.lane[i], at(consoleLines.t, i), line);
            });
            return total;
        }
        function showHits() {
            const total = search($('search').value);
            const list = $('hits');
            list.hidden = !$('search').value.trim();
            if (list.hidden) return;
            const kind = (i) => 'hit' + (i === chosen ? ' chosen' : '');
            const rows = hitList.map((hit, i) => make('div', { class: kind(i), click: () => go(i) },
                make('span', { class: 'dim kind' }, hit.kind), make('span', { class: 'who' }, L.name[hit.lane]),
                make('span', { class: 'mono what' }, hit.what),
                make('span', { class: 'dim' }, hit.time === null ? '' : brief(hit.time))));
            const note = total === 0 ? 'Nothing found.' : total > hitList.length
                ? 'The first ' + hitList.length + ' of ' + count(total) + '.' : plural(total, 'hit') + '. Enter: the next one.';
            list.replaceChildren(...rows, make('div', { class: 'dim note' }, note));
        }
        function go(index) {
            if (hitList.length === 0) return;
            chosen = (index + hitList.length) % hitList.length;
            const hit = hitList[chosen];
            if (hit.time === null) {
                found = { time: began[hit.lane] ?? 0n, lane: hit.lane };
                reveal(hit.lane);
                repaint();
            } else jump(hit.time, hit.lane);
            [...$('hits').children].forEach((row, i) => row.classList.toggle('chosen', i === chosen));
            const row = $('hits').children[chosen];
            if (row) row.scrollIntoView({ block: 'nearest' });
        }
        function attachSearch() {
            const field = $('search');
            field.addEventListener('input', showHits);
            field.addEventListener('focus', showHits);
            field.addEventListener('keydown', (event) => {
                if (event.key === 'Enter') go(chosen + (event.shiftKey ? -1 : 1));
                else if (event.key === 'ArrowDown') go(chosen + 1);
                else if (event.key === 'ArrowUp') go(chosen - 1);
                else if (event.key === 'Escape') {
                    $('hits').hidden = true;
                    field.blur();
                } else return;
                event.preventDefault();
            });
            document.addEventListener('pointerdown', (event) => {
                if (!event.target.closest('.search')) $('hits').hidden = true;
            });
        }

        function writeStatus() {
            const parts = [moment(view.from) + ' to ' + moment(view.to)];
            if (arrowsInView > 0) {
                parts.push(plural(arrowsInView, 'frame') + ' in view'
                    + (arrowsDrawn < arrowsInView ? ', drawn as ' + plural(arrowsDrawn, 'arrow') : ''));
            }
            for (const [whole, what] of [[framesWhole, 'frames'], [turnsWhole, 'turns']]) {
                if (whole !== null && view.to > whole) parts.push(what + ' from ' + brief(whole) + ' on are a sample');
            }
            $('status').textContent = parts.join('  ·  ');
            $('clock').textContent = pointer ? moment(timeAt(pointer.x)) + '  ·  ' + timeOfDay(timeAt(pointer.x)) : '';
        }
        let writtenView = '';
        function paint() {
            paintOverview();
            paintLanes();
            paintAxis();
            paintPlots();
            writeStatus();
            if (writtenView !== view.from + ':' + view.to) {
                writtenView = view.from + ':' + view.to;
                writeConsole();
            }
        }
        function resize() {
            layoutLanes();
            derive();
            repaint();
        }
        function start() {
            readColours();
            writeHead();
            writeAbout();
            writeVerdicts();
            writeFaults();
            writeLosses();
            writeCommands();
            writeCosts();
            layoutLanes();
            derive();
            choosePlots();
            attach($('lanes'), describe);
            attach($('plots'), describePlot);
            attachOverview();
            attachSearch();
            $('consolebox').addEventListener('toggle', writeConsole);
            $('consolepart').hidden = consoleLines.t.length === 0;
            scroller.addEventListener('scroll', repaint);
            window.addEventListener('resize', resize);
            // A scroll bar that comes changes the width without a word to the window.
            new ResizeObserver(resize).observe($('overview'));
            window.addEventListener('hashchange', readHash);
            window.addEventListener('keydown', onKey);
            matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
                readColours();
                repaint();
            });
            $('zoomin').addEventListener('click', () => zoomAbout(V.width / 2, 0.5));
            $('zoomout').addEventListener('click', () => zoomAbout(V.width / 2, 2));
            $('all').addEventListener('click', showAll);
            $('fit').addEventListener('click', () => {
                areRowsFitted = !areRowsFitted;
                $('fit').setAttribute('aria-pressed', areRowsFitted);
                resize();
            });
            $('fit').hidden = laneCount <= 10;
            $('moreplots').addEventListener('click', () => {
                plotLimit += 24;
                choosePlots();
            });
            $('plotfilter').addEventListener('input', () => {
                plotFilter = $('plotfilter').value;
                plotLimit = PLOTS_AT_FIRST;
                choosePlots();
            });
            readHash();
            resize();
        }

        window.almanac = {
            lanes: () => L.name.map((name, lane) => ({
                name, turns: Number(L.turns[lane]), freeRuns: Number(L.freeRuns[lane]),
                freeNanoseconds: String(L.free[lane]), commands: commands.filter((c) => c.lane === lane).length,
                console: Number(L.console[lane]), runs: runsOf[lane].length, framesSent: Number(L.sent[lane]),
                framesReceived: Number(L.received[lane]), framesLost: Number(L.lost[lane]),
                top: laneTop(lane), height: laneHeight,
            })),
            view: () => ({ from: String(view.from), to: String(view.to) }),
            zoom: (from, to) => setView(BigInt(from), BigInt(to)),
            counts: () => ({
                ...raw.totals, shown: {
                    turns: turns.reduce((sum, lane) => sum + lane.t.length, 0), arrows: arrowCount,
                    console: consoleLines.t.length, commands: commands.length, marks: marks.t.length,
                    runs: runTimes.length, faults: faults.length,
                },
                view: { frames: arrowsInView, arrows: arrowsDrawn },
            }),
            bars: () => hits.bars.map((bar) => ({ text: bar.text, kind: bar.kind, x: bar.x0, width: bar.x1 - bar.x0, y: bar.y0 })),
            plot: () => {
                const box = $('lanes').getBoundingClientRect();
                return { left: box.left + left, top: box.top, width: V.width, height: box.height };
            },
        };
        start();
        """#
}
