extension TimelinePage {
    /// Everything beside the canvases: what the run was, and tables.
    static let tablesScript = #"""
        const summary = raw.summary || null;
        function fact(name, value, kind) {
            return value === null || value === undefined || value === '' ? null
                : make('span', { class: 'fact ' + (kind || '') }, make('span', { class: 'dim' }, name + ' '), value);
        }
        function copyable(text) {
            const button = make('button', { class: 'copy', title: 'Copy' }, 'copy');
            button.addEventListener('click', () => {
                const field = make('textarea', {});
                field.value = text;
                document.body.append(field);
                field.select();
                document.execCommand('copy');
                field.remove();
                button.textContent = 'copied';
            });
            return make('span', {}, make('code', {}, text), ' ', button);
        }
        function writeHead() {
            document.title = raw.lab + ' – timeline';
            $('lab').textContent = raw.lab;
            const result = summary ? summary.result : raw.finished ? 'finished' : 'not finished';
            $('result').textContent = result;
            $('result').className = 'badge ' + (result === 'passed' ? 'good' : result === 'finished' ? 'neutral' : 'bad');
            const wall = summary && big(summary.wall) > 0n && big(summary.simulated) > 0n ? big(summary.wall) : null;
            const simulated = summary ? big(summary.simulated) : end;
            const speed = wall ? Number(simulated) / Number(wall) : 0;
            const models = L.model.filter((model) => model !== null).length;
            const machines = laneCount - models - (raw.hasLab ? 1 : 0);
            $('facts').append(...[
                fact('simulated', brief(simulated)),
                wall ? fact('in', roughly(wall) + ' of wall-clock time, ' + (speed >= 10 ? count(Math.floor(speed))
                    : (speed >= 1 ? speed : 1 / speed).toPrecision(2)) + ' times ' + (speed >= 1 ? 'faster' : 'slower')) : null,
                fact('', machines ? plural(machines, 'machine') : null), fact('', models ? plural(models, 'model') : null),
                fact('', plural(raw.totals.frames, 'frame')), fact('', plural(commands.filter((command) => !command.isCheck).length, 'command')),
                fact('', hasFaults ? plural(raw.totals.faults, 'fault') : null),
                fact('', failedVerdicts ? plural(failedVerdicts, 'verdict') + ' failed' : null, 'bad'),
            ].filter(Boolean));
            $('identity').append(...[
                fact('seed', make('code', {}, raw.seed)),
                raw.hash ? fact('hash', make('code', {}, raw.hash)) : null,
                summary && summary.repeat ? fact('run it again:', copyable(summary.repeat)) : null,
            ].filter(Boolean));
            if (summary && summary.reason) $('reason').textContent = summary.reason;
            $('reason').hidden = !(summary && summary.reason);
            const notes = raw.notes;
            $('notes').hidden = notes.length === 0;
            $('notelist').replaceChildren(...notes.map((note) => make('li', {}, note)));
            $('notecount').textContent = plural(notes.length, 'thing') + ' to know about this page';
            $('notes').open = true;
        }
        function writeAbout() {
            const rows = [
                ['Result', summary ? summary.result + (summary.reason ? ': ' + summary.reason : '') : 'no summary of the run'],
                ['Simulated time', moment(end) + ', from ' + timeOfDay(0n)],
                ['Wall-clock time', summary ? span(big(summary.wall)) : null],
                ['Seed', raw.seed],
                ['Hash of all that happened', raw.hash || (raw.finished ? null : 'the trace is not finished')],
                ['Run it again', summary ? summary.repeat : null],
                ['Kernel', summary ? summary.kernel : null],
                ['Machines at a time', summary ? String(summary.jobs) : null],
                ['Almanac', summary ? summary.tool : null],
                ['Trace', count(raw.events) + ' events, level ' + raw.level + (raw.finished ? '' : ', not finished')],
                ['Left out', raw.notes.some((note) => note.includes(' are here')) ? 'see the notes at the top'
                    : 'nothing: all turns, frames, commands and console lines are on this page'],
            ];
            $('about').replaceChildren(...rows.filter((row) => row[1]).flatMap(([name, value]) => [
                make('dt', {}, name), make('dd', {}, value)]));
        }

        // MARK: tables

        function table(place, heads, rows, row, step) {
            const body = make('tbody', {});
            const more = make('button', { class: 'more' }, '');
            let shown = 0;
            const grow = () => {
                body.append(...rows.slice(shown, shown + step).map(row));
                shown = Math.min(rows.length, shown + step);
                more.hidden = shown >= rows.length;
                more.textContent = 'Show more (' + count(shown) + ' of ' + count(rows.length) + ')';
            };
            more.addEventListener('click', grow);
            const head = make('tr', {}, ...heads.map(([name, kind]) => make('th', { class: kind || '' }, name)));
            place.replaceChildren(make('table', {}, make('thead', {}, head), body), more);
            grow();
        }
        const cell = (text, kind) => make('td', { class: kind || '' }, text);
        function writeCommands() {
            // Checks have a table of their own once they are judged.
            const areJudged = raw.verdicts.kind.includes('check');
            const shown = commands.filter((command) => !(command.isCheck && areJudged));
            if (shown.length === 0) {
                $('commands').replaceChildren(make('p', { class: 'dim' }, 'No machine had a command.'));
                return;
            }
            const heads = [['Machine'], ['#', 'number'], ['Command', 'wide'], ['Result'], ['From', 'number'], ['To', 'number'],
                ['Took', 'number']];
            table($('commands'), heads, shown, (command) => {
                const [first, last] = [command.runs[0] || null, lastRun(command)];
                const isWhole = last && !none(last.status);
                return linked([
                    cell(L.name[command.lane]), cell((command.isCheck ? 'check ' : '') + command.number, 'number'),
                    make('td', { class: 'wide mono', title: command.text }, command.text),
                    cell(statusText(command), commandColour(command)),
                    cell(first ? brief(first.start) : '', 'number'), cell(isWhole ? brief(last.end) : '', 'number'),
                    cell(isWhole ? roughly(last.end - first.start) : '', 'number'),
                ], command.lane, first ? first.start : null, last ? until(last) : null);
            }, 100);
        }
        // The console lines of the view; written when it has come to rest, and only when they are looked at.
        const MOST_LINES = 500;
        let consoleTimer = 0;
        function writeConsole() {
            const first = lower(consoleLines.t, view.from);
            const last = lower(consoleLines.t, view.to + 1n);
            $('consolecount').textContent = plural(last - first, 'line') + ' between ' + moment(view.from) + ' and '
                + moment(view.to) + (last - first > MOST_LINES ? '; the first ' + MOST_LINES + ' of them' : '');
            clearTimeout(consoleTimer);
            if ($('consolebox').open) consoleTimer = setTimeout(() => writeLines(first, Math.min(last, first + MOST_LINES)), 150);
        }
        function writeLines(first, last) {
            const body = make('tbody', {});
            for (let i = first; i < last; i++) {
                const lane = consoleLines.lane[i];
                body.append(make('tr', {}, cell(moment(at(consoleLines.t, i)), 'number dim'), cell(L.name[lane], 'dim'),
                    make('td', { class: 'wide mono' }, consoleLines.text[i])));
            }
            $('console').replaceChildren(make('table', {}, body));
        }
        function writeCosts() {
            const walls = new Map();
            if (summary) {
                summary.costName.forEach((name, i) => walls.set(
                    name, { wall: big(summary.cost[i]), alone: instant(summary.costAlone[i]), turns: summary.costTurns[i] }));
            }
            const all = summary ? Number(summary.costWall) : 0;
            const hasWall = walls.size > 0;
            const most = Math.max(0, ...[...walls.values()].map((cost) => Number(cost.wall)));
            const rows = [];
            for (let lane = 0; lane < laneCount; lane++) {
                if (isLab(lane)) continue;
                rows.push({ lane, cost: walls.get(L.name[lane]) || null });
            }
            rows.sort((a, b) => {
                const [x, y] = [a, b].map((row) => (row.cost ? Number(row.cost.wall) : -1));
                return y - x || Number(L.turns[b.lane]) - Number(L.turns[a.lane]) || a.lane - b.lane;
            });
            const wallHeads = [['Wall clock', 'number'], ['Share', 'share'], ['A turn', 'number'],
                ['Others waited', 'number']];
            const heads = [['Machine'], ...(hasWall ? wallHeads : []),
                ['Turns', 'number'], ['Free', 'number'], ['Frames sent', 'number'], ['got', 'number'],
                ['lost', 'number'], ['Bytes sent', 'number'], ['got', 'number'], ['Lines', 'number'], ['Ended']];
            table($('costs'), heads, rows, ({ lane, cost }) => {
                const line = make('tr', { class: 'link' }, cell(L.name[lane] + (L.model[lane] ? ' (' + L.model[lane] + ')' : '')));
                if (hasWall) {
                    const share = cost && all ? Number(cost.wall) / all : 0;
                    const bar = make('span', { class: 'sharebar' });
                    bar.style.width = Math.round(cost && most ? Number(cost.wall) / most * 70 : 0) + 'px';
                    const turnCount = cost ? Number(cost.turns ?? L.turns[lane]) : 0;
                    line.append(cell(cost ? roughly(cost.wall) : '–', 'number'),
                        make('td', { class: 'share' }, bar, cost ? ' ' + (share * 100).toFixed(share < 0.1 ? 1 : 0) + ' %' : ''),
                        cell(turnCount ? roughly(BigInt(Math.round(Number(cost.wall) / turnCount))) : '–', 'number'),
                        cell(cost && cost.alone !== null ? roughly(cost.alone) : '–', 'number'));
                }
                const life = began[lane] === null ? 0 : Number((ended[lane] ?? end) - began[lane]);
                const free = life ? (Number(L.free[lane]) / life * 100).toFixed(1) + ' %' : '–';
                line.append(...[hasTurns ? count(L.turns[lane]) : '–', hasTurns ? free : '–', count(L.sent[lane]),
                    count(L.received[lane]), count(L.lost[lane]), octets(L.bytesSent[lane]), octets(L.bytesReceived[lane]),
                    count(L.console[lane])].map((text) => cell(text, 'number')), cell(L.ending[lane] || '–'));
                line.addEventListener('click', () => {
                    reveal(lane);
                    found = { time: began[lane] ?? 0n, lane };
                    repaint();
                    $('timeline').scrollIntoView({ block: 'start' });
                });
                return line;
            }, 50);
            $('costnote').hidden = hasWall;
        }
        """#
}
