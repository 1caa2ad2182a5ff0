extension TimelinePage {
    /// Paints frames as arrows between lanes, never more than a few thousand: those that would lie on each other are one.
    static let arrowsScript = #"""
        const MOST_ARROWS = 3000;
        let arrowsInView = 0;
        let arrowsDrawn = 0;

        // The visible part of arrow i as x0, y0, x1, y1, and whether its head is there; null when nothing is. What lies far
        // outside is cut off before it loses its fraction.
        const part = new Float64Array(4);
        function segment(i, from, to, height) {
            let x0 = X(arrows.t.s[i], arrows.t.n[i]);
            let x1 = X(arrows.t.s[i] + arrows.d.s[i], arrows.t.n[i] + arrows.d.n[i]);
            let y0 = bandMiddle(from);
            let y1 = bandMiddle(to);
            if (from === to) {
                // It ends in the network: a stub towards the neighbour.
                y1 = y0 + Math.min(16, laneHeight * 0.6) * (from === laneCount - 1 ? -1 : 1);
                x1 = Math.max(x1, x0 + 4);
            }
            const [left, right, top, bottom] = [-MARGIN - 2, V.width + MARGIN + 2, -2, height + 2];
            if (x1 < left || x0 > right || Math.max(y0, y1) < top || Math.min(y0, y1) > bottom) return 0;
            const slope = x1 === x0 ? 0 : (y1 - y0) / (x1 - x0);
            if (x0 < left) [x0, y0] = [left, y0 + slope * (left - x0)];
            let hasHead = 2;
            if (x1 > right) [x1, y1, hasHead] = [right, y1 - slope * (x1 - right), 1];
            const inverse = y1 === y0 ? 0 : (x1 - x0) / (y1 - y0);
            if (y0 < top) [x0, y0] = [x0 + inverse * (top - y0), top];
            else if (y0 > bottom) [x0, y0] = [x0 + inverse * (bottom - y0), bottom];
            if (y1 < top) [x1, y1, hasHead] = [x1 + inverse * (top - y1), top, 1];
            else if (y1 > bottom) [x1, y1, hasHead] = [x1 + inverse * (bottom - y1), bottom, 1];
            if (Math.max(y0, y1) < top || Math.min(y0, y1) > bottom) return 0;
            part[0] = x0;
            part[1] = y0;
            part[2] = x1;
            part[3] = y1;
            return hasHead;
        }

        // The arrows that touch the canvas, as one where they would lie on each other, coarser until they are few.
        const SLOTS = 16384;
        const slots = new Int32Array(SLOTS);
        let lastGrain = 1;
        function gatherArrows(height, first, last) {
            const start = lower(arrows.t, view.from > longestDelay ? view.from - longestDelay : 0n);
            const stop = lower(arrows.t, view.to + BigInt(Math.ceil(MARGIN / V.k)));
            let total = 0;
            const round = (grain, share) => {
                const groups = [];
                slots.fill(0);
                total = 0;
                for (let i = start; i < stop; i++) {
                    const from = interfaceLane[arrows.from[i]];
                    const to = arrows.to[i] < 0 ? from : interfaceLane[arrows.to[i]];
                    if ((from < first && to < first) || (from > last && to > last)) continue;
                    const head = segment(i, from, to, height);
                    if (head === 0) continue;
                    total += 1;
                    if (share > 1 ? (Math.imul(i, 0x9e3779b1) >>> 12) % share !== 0 : groups.length > MOST_ARROWS) continue;
                    const fate = arrows.fate[i] & 3;
                    const a = Math.floor(part[0] / grain) * 16384 + Math.floor(part[2] / grain);
                    const b = (Math.floor(part[1] / 2) * 8192 + Math.floor(part[3] / 2)) * 4 + fate;
                    let place = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)) >>> 18;
                    while (slots[place] !== 0) {
                        const group = groups[slots[place] - 1];
                        if (group.a === a && group.b === b) break;
                        place = (place + 1) % SLOTS;
                    }
                    if (slots[place] === 0) {
                        slots[place] = groups.push({
                            a, b, arrow: i, last: i, count: 1, from, to, fate, line: Array.from(part), hasHead: head === 2,
                            isMixed: false,
                        });
                    } else {
                        const group = groups[slots[place] - 1];
                        group.count += 1;
                        group.last = i;
                        if (group.from !== from || group.to !== to) group.isMixed = true;
                    }
                }
                return groups;
            };
            let groups = [];
            // What was too fine a moment ago is likely to be so again.
            for (let grain = Math.max(1, lastGrain / 2); grain <= 8; grain *= 2) {
                lastGrain = grain;
                groups = round(grain, 1);
                if (groups.length <= MOST_ARROWS) break;
            }
            // Too many different ones for any eye: of one in so many only.
            if (groups.length > MOST_ARROWS) groups = round(8, Math.ceil(total / (0.9 * MOST_ARROWS)));
            arrowsInView = total;
            return groups;
        }

        function paintArrows(context, height, first, last) {
            const groups = gatherArrows(height, first, last);
            arrowsDrawn = groups.length;
            const isSparse = groups.length <= 400;
            const alpha = groups.length <= 60 ? 0.95 : groups.length <= 400 ? 0.7 : groups.length <= 1200 ? 0.35 : 0.18;
            const wayOf = (group) => (group.fate !== 0 ? 'lost' : group.to >= group.from ? 'down' : 'up');
            for (const way of ['down', 'up', 'lost']) {
                context.strokeStyle = context.fillStyle = colour[way];
                context.globalAlpha = way === 'lost' ? 1 : alpha;
                context.lineWidth = isSparse ? 1.3 : 1;
                context.beginPath();
                const own = groups.filter((group) => wayOf(group) === way);
                for (const { line } of own) {
                    context.moveTo(line[0], line[1]);
                    context.lineTo(line[2], line[3]);
                }
                context.stroke();
                for (const group of own) {
                    hits.arrows.push(group);
                    if (!group.hasHead) continue;
                    if (way === 'lost') paintLoss(context, group.line[2], group.line[3], group.fate);
                    else if (isSparse) paintHead(context, ...group.line);
                }
            }
            context.globalAlpha = 1;
            if (groups.length <= 40 && laneHeight >= 34) paintSizes(context, groups);
        }

        function paintHead(context, x0, y0, x1, y1) {
            const length = Math.hypot(x1 - x0, y1 - y0);
            if (length < 8) return;
            const ux = (x1 - x0) / length;
            const uy = (y1 - y0) / length;
            const size = 6;
            context.beginPath();
            context.moveTo(x1, y1);
            context.lineTo(x1 - ux * size - uy * size * 0.45, y1 - uy * size + ux * size * 0.45);
            context.lineTo(x1 - ux * size + uy * size * 0.45, y1 - uy * size - ux * size * 0.45);
            context.fill();
        }
        function paintLoss(context, x, y, fate) {
            if (x < -MARGIN || x > V.width + MARGIN) return;
            context.strokeStyle = colour.lost;
            context.lineWidth = 2;
            context.beginPath();
            if (fate === UNKNOWN) {
                context.lineWidth = 1.2;
                context.arc(x, y, 2.5, 0, 7);
            } else {
                context.moveTo(x - 3.5, y - 3.5);
                context.lineTo(x + 3.5, y + 3.5);
                context.moveTo(x + 3.5, y - 3.5);
                context.lineTo(x - 3.5, y + 3.5);
            }
            context.stroke();
        }
        // Few arrows: how large each frame is.
        function paintSizes(context, groups) {
            context.font = SMALL;
            context.textBaseline = 'middle';
            const taken = [];
            for (const group of groups) {
                if (group.from === group.to) continue;
                const [x0, y0, x1, y1] = group.line;
                // Where two lanes meet nothing else is written.
                const border = laneTop(Math.min(group.from, group.to) + 1);
                const y = border + (group.to > group.from ? -9 : 4);
                if (y1 === y0 || (y - y0) * (y - y1) > 0) continue;
                const x = x0 + (x1 - x0) * (y - y0) / (y1 - y0) + 5;
                if (x < 0 || x > V.width - 40) continue;
                const text = group.count > 1 ? group.count + ' frames' : octets(arrows.bytes[group.arrow]);
                const width = context.measureText(text).width;
                if (taken.some((box) => x < box.x1 + 4 && x + width > box.x0 - 4 && Math.abs(y - box.y) < 13)) continue;
                taken.push({ x0: x, x1: x + width, y });
                context.fillStyle = colour.back;
                context.globalAlpha = 0.8;
                context.fillRect(x - 2, y - 7, width + 4, 14);
                context.globalAlpha = 1;
                context.fillStyle = colour.dim;
                context.fillText(text, x, y);
            }
        }
        """#
}
