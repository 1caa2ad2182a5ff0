extension TimelinePage {
    /// Faults: a bar each on a lane of their own, a mark for a moment, and what they make of the machines that they are about.
    static let faultsScript = #"""
        const isLab = (lane) => raw.hasLab && lane === 0;
        const faultTimes = times(raw.faults.t);
        const faults = raw.faults.text.map((text, i) => ({
            text, start: at(faultTimes, i), end: instant(raw.faults.end[i]), isMoment: raw.faults.moment[i] === 1,
            lane: raw.faults.lane[i], effect: ['', 'off', 'paused'][raw.faults.effect[i]], row: 0,
        }));
        const hasFaults = faults.length > 0;
        const laneName = (lane) => (hasFaults && isLab(lane) ? 'faults' : L.name[lane]);
        const faultUntil = (fault) => (fault.isMoment ? fault.start : fault.end ?? end);
        const lasting = faults.filter((fault) => !fault.isMoment);
        barRows = Math.max(barRows, arrange(lasting, faultUntil, (fault) => fault));
        const faultsOf = Array.from({ length: laneCount }, () => []);
        for (const fault of faults) if (fault.lane >= 0) faultsOf[fault.lane].push(fault);

        // The alarms that make faults begin and end say nothing more.
        const faultInstants = new Set(faults.flatMap((fault) => [String(fault.start), String(fault.end)]));

        function paintFaultLane(context) {
            const top = laneTop(0);
            const last = [null, null, null];
            for (const fault of lasting) {
                const x0 = XB(fault.start);
                const x1 = XB(faultUntil(fault));
                if (x1 < -MARGIN || x0 > V.width + MARGIN) continue;
                const a = Math.max(-MARGIN - 4, x0);
                const b = Math.max(a + 2, Math.min(V.width + MARGIN + 4, x1));
                const y = G1.bar > 0 ? top + G1.top + fault.row * G1.bar : top + G1.bandTop;
                const height = G1.bar > 0 ? G1.bar - (G1.bar > 8 ? 2 : 0.5) : G1.band;
                const bar = { x0: a, x1: b, y0: y, y1: y + height, kind: 'fault', isOpen: fault.end === null, text: fault.text,
                    fault };
                paintBar(context, bar);
                // Words may go on where nothing else is.
                bar.room = x0 < -MARGIN ? b : V.width + MARGIN;
                const before = last[fault.row];
                if (before) before.room = Math.max(before.x1, Math.min(before.room, a));
                last[fault.row] = bar;
                hits.bars.push(bar);
            }
        }
        // On the lane of its machine: where that is off or paused instead of its states, else a line over them.
        function paintFaultsOf(context, lane) {
            for (const fault of faultsOf[lane]) {
                if (fault.isMoment) continue;
                const x0 = Math.max(-MARGIN - 1, XB(fault.start));
                const x1 = Math.min(V.width + MARGIN + 1, Math.max(x0 + 1.5, XB(faultUntil(fault))));
                if (!(x1 > x0)) continue;
                const y = laneTop(lane) + G1.bandTop;
                if (fault.effect) paintOutage(context, fault.effect, x0, x1, y);
                else {
                    context.fillStyle = colour.fault;
                    context.fillRect(x0, y - 1.5, x1 - x0, Math.min(2, G1.band / 2));
                }
            }
        }
        function paintOutage(context, effect, x0, x1, y) {
            context.save();
            context.beginPath();
            context.rect(x0, y, x1 - x0, G1.band);
            context.clip();
            context.fillStyle = colour[effect === 'off' ? 'wait' : 'barFault'];
            context.fillRect(x0, y, x1 - x0, G1.band);
            context.strokeStyle = colour.fault;
            context.lineWidth = 1;
            context.beginPath();
            // The stripes stay where they are while the view moves to and fro over them.
            for (let x = x0 - G1.band; x < x1; x += 7) {
                context.moveTo(x, y + G1.band);
                context.lineTo(x + G1.band, y);
            }
            context.stroke();
            if (G1.band >= 12) {
                context.font = SMALL;
                context.textBaseline = 'middle';
                const width = context.measureText(effect).width + 8;
                if (x1 - x0 > width + 6) {
                    const x = Math.max(x0, -MARGIN) + 3;
                    context.fillStyle = colour.back;
                    context.fillRect(x, y, width, G1.band);
                    context.fillStyle = colour.text;
                    context.fillText(effect, x + 4, y + G1.band / 2 + 0.5);
                }
            }
            context.restore();
        }
        // Moments of a lane: all on that of faults, on others their own.
        function paintMoments(context, lane) {
            const size = Math.max(3, Math.min(5.5, laneHeight / 5));
            let last = null;
            for (const fault of isLab(lane) ? faults : faultsOf[lane]) {
                if (!fault.isMoment) continue;
                const x = XB(fault.start);
                if (x < -MARGIN || x > V.width + MARGIN) continue;
                if (last && x - last.x < 3) {
                    last.faults.push(fault);
                    continue;
                }
                const y = laneTop(lane) + G1.bandTop + G1.band / 2;
                paintGlyph(context, 'fault', x, y, size);
                last = { x, y, lane, faults: [fault] };
                hits.marks.push(last);
            }
        }
        // Over what has scrolled below it.
        function paintPinned(context, width) {
            hits.bars = hits.bars.filter((bar) => bar.y1 > laneHeight);
            hits.marks = hits.marks.filter((mark) => mark.y > laneHeight);
            context.save();
            context.fillStyle = colour.back;
            context.fillRect(0, 0, width, laneHeight);
            context.fillStyle = colour.zebra;
            context.fillRect(0, 0, width, laneHeight);
            context.fillStyle = colour.line;
            context.fillRect(0, laneHeight, width, 1);
            paintNames(context, 0, 0);
            context.beginPath();
            context.rect(GUTTER, 0, width - GUTTER, laneHeight);
            context.clip();
            context.translate(left, 0);
            paintGrid(context, laneHeight);
            const bars = hits.bars;
            hits.bars = [];
            paintFaultLane(context);
            paintBarTexts(context);
            hits.bars = bars.concat(hits.bars);
            paintMarks(context, 0);
            paintMoments(context, 0);
            context.restore();
        }
        function paintFaultStrip(context) {
            context.fillStyle = colour.fault;
            for (const fault of faults) {
                const x = stripX(fault.start);
                context.fillRect(x, 0, Math.max(2, stripX(faultUntil(fault)) - x), 3);
            }
        }
        function describeFault(fault, lines) {
            lines.push(tipLine(fault.text, 'head'));
            if (fault.isMoment) lines.push(tipLine('at ' + moment(fault.start)));
            else {
                lines.push(tipLine(moment(fault.start) + ' to ' + (fault.end === null ? 'the end' : moment(fault.end)) + ' ('
                    + span(faultUntil(fault) - fault.start) + ')'));
            }
        }
        """#
}
