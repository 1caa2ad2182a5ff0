extension TimelinePage {
    /// Tables of what the lab was judged by, of its faults, and of what its networks lost.
    static let verdictsScript = #"""
        // A row that leads to its time.
        function linked(cells, lane, from, to) {
            const line = make('tr', { class: from === null ? '' : 'link', tabindex: from === null ? '-1' : '0' }, ...cells);
            if (from === null) return line;
            const open = () => {
                reveal(lane);
                if (to > from) show(from, to);
                else jump(from, lane);
                $('timeline').scrollIntoView({ block: 'start' });
            };
            line.addEventListener('click', open);
            line.addEventListener('keydown', (event) => { if (event.key === 'Enter') open(); });
            return line;
        }
        const verdicts = raw.verdicts.kind.map((kind, i) => ({
            kind, machine: raw.verdicts.machine[i], name: raw.verdicts.name[i], passed: raw.verdicts.passed[i] === 1,
            reason: raw.verdicts.reason[i], time: instant(raw.verdicts.time[i]), runs: raw.verdicts.runs[i],
        }));
        const failedVerdicts = verdicts.filter((verdict) => !verdict.passed).length;
        function writeVerdicts() {
            $('verdictpart').hidden = verdicts.length === 0;
            if (verdicts.length === 0) return;
            const heads = [['Verdict'], ['Of'], ['Machine'], ['What', 'wide'], ['Runs', 'number'], ['At', 'number'], ['Why', 'wide']];
            table($('verdicts'), heads, verdicts, (verdict) => linked([
                cell(verdict.passed ? 'passed' : 'failed', verdict.passed ? 'good' : 'bad'), cell(verdict.kind),
                cell(verdict.machine || 'all'), make('td', { class: 'wide mono' }, verdict.name),
                cell(none(verdict.runs) ? '' : count(verdict.runs), 'number'),
                cell(verdict.time === null ? '' : brief(verdict.time), 'number'),
                make('td', { class: 'wide' + (verdict.passed ? '' : ' bad') }, verdict.reason || ''),
            ], L.name.lastIndexOf(verdict.machine), verdict.time, verdict.time), 100);
        }
        function writeFaults() {
            $('faultpart').hidden = !hasFaults;
            if (!hasFaults) return;
            const heads = [['Fault', 'wide'], ['From', 'number'], ['To', 'number'], ['Lasted', 'number']];
            table($('faults'), heads, faults, (fault) => linked([
                make('td', { class: 'wide' }, fault.text), cell(brief(fault.start), 'number'),
                cell(fault.isMoment ? 'a moment' : fault.end === null ? 'the end' : brief(fault.end), 'number'),
                cell(fault.isMoment ? '' : roughly(faultUntil(fault) - fault.start), 'number'),
            ], 0, fault.start, faultUntil(fault)), 100);
        }
        function writeLosses() {
            const losses = raw.losses.reason.map((reason, i) => ({
                reason: raw.reasons[reason] || 'no reason', frames: big(raw.losses.frames[i]), first: big(raw.losses.first[i]),
                last: big(raw.losses.last[i]),
            })).sort((a, b) => (a.frames < b.frames ? 1 : a.frames > b.frames ? -1 : 0));
            $('losspart').hidden = losses.length === 0;
            if (losses.length === 0) return;
            const heads = [['Why', 'wide'], ['Frames', 'number'], ['Share', 'share'], ['First', 'number'], ['Last', 'number']];
            const all = Number(raw.totals.losses);
            table($('losses'), heads, losses, (loss) => {
                const share = Number(loss.frames) / all;
                const bar = make('span', { class: 'sharebar lostbar' });
                bar.style.width = Math.round(share * 70) + 'px';
                return linked([make('td', { class: 'wide' }, loss.reason), cell(count(loss.frames), 'number'),
                    make('td', { class: 'share' }, bar, ' ' + (share * 100).toFixed(share < 0.1 ? 1 : 0) + ' %'),
                    cell(brief(loss.first), 'number'), cell(brief(loss.last), 'number')], -1, loss.first, loss.last);
            }, 50);
        }
        """#
}
