extension TimelinePage {
    /// What part of the run is shown, where an instant is on the canvas, and how both change.
    static let viewScript = #"""
        // Space for names on the left; what is beyond the view's ends on both sides, so that nothing is cut there.
        const GUTTER = 156;
        const MARGIN = 10;
        // Narrowest view, ns.
        const NARROWEST = 20n;
        const whole = { from: 0n, to: end > NARROWEST ? end : NARROWEST };

        const view = { from: whole.from, to: whole.to };
        // Derived: origin in seconds and ns, width in pixels, pixels per ns.
        const V = { s: 0, n: 0, width: 1, k: 1, span: 1 };
        let found = null;
        let pointer = null;
        let isDirty = false;

        // The lanes' scroll bar takes some of it.
        const spaceForTime = () => $('overview').clientWidth - GUTTER - 2 * MARGIN
            - (scroller.offsetWidth - scroller.clientWidth);

        function derive() {
            V.s = Number(view.from / G);
            V.n = Number(view.from % G);
            V.span = Number(view.to - view.from);
            V.width = Math.max(50, spaceForTime());
            V.k = V.width / V.span;
        }
        // The pixel of an instant, from the view's left end. Exact where it matters: seconds are subtracted before anything
        // is multiplied.
        const X = (s, n) => ((s - V.s) * 1e9 + (n - V.n)) * V.k;
        const XB = (time) => Number(time - view.from) * V.k;
        const timeAt = (x) => view.from + BigInt(Math.round(x / V.k));
        const left = GUTTER + MARGIN;

        function setView(from, to, isSilent) {
            let width = to - from;
            if (width < NARROWEST) {
                from -= (NARROWEST - width) / 2n;
                width = NARROWEST;
            }
            if (width > whole.to) width = whole.to;
            if (from + width > whole.to) from = whole.to - width;
            if (from < 0n) from = 0n;
            view.from = from;
            view.to = from + width;
            derive();
            repaint();
            if (!isSilent) remember();
        }
        // Zooms by a factor, keeping the instant at a pixel where it is.
        function zoomAbout(x, factor) {
            const width = Math.max(Number(NARROWEST), Math.min(Number(whole.to), V.span * factor));
            const pinned = timeAt(x);
            const from = pinned - BigInt(Math.round(x / V.width * width));
            setView(from, from + BigInt(Math.round(width)));
        }
        function pan(pixels) {
            const by = BigInt(Math.round(pixels / V.k));
            setView(view.from + by, view.to + by);
        }
        function showAll() { setView(whole.from, whole.to); }
        // Shows an instant, near enough to see what is around it.
        function jump(time, lane) {
            found = { time, lane };
            let width = view.to - view.from;
            if (width > whole.to / 10n) width = whole.to / 20n + 1n;
            reveal(lane);
            setView(time - width / 2n, time - width / 2n + width);
        }
        function show(from, to) {
            const margin = (to - from) / 12n + 1n;
            setView(from - margin < 0n ? 0n : from - margin, to + margin);
        }

        // The view is part of the address, so that it can be linked.
        let hashTimer = 0;
        let ownHash = '';
        function remember() {
            clearTimeout(hashTimer);
            hashTimer = setTimeout(writeHash, 150);
        }
        function writeHash() {
            ownHash = '#from=' + view.from + '&to=' + view.to;
            if (location.hash !== ownHash) history.replaceState(null, '', ownHash);
        }
        function readHash() {
            const match = /^#from=(\d{1,20})&to=(\d{1,20})$/.exec(location.hash);
            if (!match || location.hash === ownHash) return false;
            const from = BigInt(match[1]);
            const to = BigInt(match[2]);
            if (to <= from) return false;
            setView(from, to, true);
            return true;
        }

        function repaint() {
            if (isDirty) return;
            isDirty = true;
            requestAnimationFrame(() => {
                isDirty = false;
                paint();
            });
        }

        // A canvas as large as its place, in device pixels; coordinates stay CSS pixels.
        function prepare(canvas, width, height) {
            const ratio = window.devicePixelRatio || 1;
            const w = Math.round(width * ratio);
            const h = Math.round(height * ratio);
            if (canvas.width !== w || canvas.height !== h) {
                canvas.width = w;
                canvas.height = h;
                canvas.style.width = width + 'px';
                canvas.style.height = height + 'px';
            }
            const context = canvas.getContext('2d');
            context.setTransform(ratio, 0, 0, ratio, 0, 0);
            context.clearRect(0, 0, width, height);
            return context;
        }

        const colour = {};
        function readColours() {
            const style = getComputedStyle(document.documentElement);
            for (const name of ['back', 'zebra', 'line', 'text', 'dim', 'run', 'free', 'wait', 'good', 'bad', 'neutral',
                'down', 'up', 'lost', 'fault', 'console', 'accent', 'plot', 'plot2', 'barGood', 'barBad', 'barNeutral', 'barFault']) {
                colour[name] = style.getPropertyValue('--' + name).trim();
            }
        }
        const FONT = '12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
        const SMALL = '11px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
        const MONO = 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';
        function fitted(context, text, width) {
            if (context.measureText(text).width <= width) return text;
            let low = 0;
            let high = text.length;
            while (low < high) {
                const middle = (low + high + 1) >> 1;
                if (context.measureText(text.slice(0, middle) + '…').width <= width) low = middle;
                else high = middle - 1;
            }
            return low > 0 ? text.slice(0, low) + '…' : '';
        }
        """#
}
