extension TimelinePage {
    /// Exact times: an instant is seconds and nanoseconds in columns, a `BigInt` of ns alone. Only differences from the view's
    /// origin become doubles, and only to find a pixel.
    static let coreScript = #"""
        const raw = JSON.parse(document.getElementById('data').textContent);
        const G = 1000000000n;
        const $ = (id) => document.getElementById(id);
        const big = (x) => BigInt(x);

        function make(tag, attributes, ...children) {
            const element = document.createElement(tag);
            for (const [name, value] of Object.entries(attributes || {})) {
                if (name === 'class') element.className = value;
                else if (name === 'click') element.addEventListener('click', value);
                else element.setAttribute(name, value);
            }
            // Strings become text nodes: nothing that a guest wrote is ever read as HTML.
            element.append(...children.filter((child) => child !== null && child !== undefined));
            return element;
        }

        // Columns of numbers: seconds and nanoseconds of each, exact.
        function column(values, isDelta) {
            const count = values.length;
            const s = new Float64Array(count);
            const n = new Int32Array(count);
            let seconds = 0;
            let nanos = 0;
            for (let i = 0; i < count; i++) {
                if (!isDelta) seconds = nanos = 0;
                const value = values[i];
                if (typeof value === 'number') {
                    const rest = value % 1e9;
                    nanos += rest;
                    seconds += (value - rest) / 1e9;
                } else {
                    const exact = BigInt(value);
                    nanos += Number(exact % G);
                    seconds += Number(exact / G);
                }
                if (nanos >= 1e9) {
                    nanos -= 1e9;
                    seconds += 1;
                }
                s[i] = seconds;
                n[i] = nanos;
            }
            return { s, n, length: count };
        }
        const times = (values) => column(values, true);
        const durations = (values) => column(values, false);
        const at = (c, i) => BigInt(c.s[i]) * G + BigInt(c.n[i]);
        const ns = (c, i) => c.s[i] * 1e9 + c.n[i];
        const none = (x) => x === null || x === undefined;
        const instant = (x) => (none(x) ? null : big(x));

        // The first place whose time is not before the given one.
        function lower(c, time) {
            const s = Number(time / G);
            const n = Number(time % G);
            let low = 0;
            let high = c.length;
            while (low < high) {
                const middle = (low + high) >> 1;
                if (c.s[middle] < s || (c.s[middle] === s && c.n[middle] < n)) low = middle + 1;
                else high = middle;
            }
            return low;
        }

        // Texts of times, exact to the nanosecond.
        const pad = (x, width) => String(x).padStart(width, '0');
        function trimmed(value, unit) {
            const fraction = String(value % unit + unit).slice(1).replace(/0+$/, '');
            return String(value / unit) + (fraction ? '.' + fraction : '');
        }
        function span(value) {
            if (value < 0n) return '−' + span(-value);
            if (value >= 86400n * G) {
                const rest = value % (86400n * G);
                return value / (86400n * G) + ' d' + (rest > 0n ? ' ' + clock(rest, true) : '');
            }
            if (value >= 3600n * G) return clock(value, true);
            if (value >= G) return trimmed(value, G) + ' s';
            if (value >= 1000000n) return trimmed(value, 1000000n) + ' ms';
            if (value >= 1000n) return trimmed(value, 1000n) + ' µs';
            return value + ' ns';
        }
        // The same, short: three significant digits or so.
        function roughly(value) {
            const x = Number(value);
            const units = [[365 * 86400e9, 'y'], [86400e9, 'd'], [3600e9, 'h'], [60e9, 'min'], [1e9, 's'],
                [1e6, 'ms'], [1e3, 'µs']];
            for (const [unit, name] of units) {
                if (x >= unit * (name === 'd' || name === 'min' || name === 'y' ? 2 : 1)) {
                    const ratio = x / unit;
                    return (ratio >= 100 ? ratio.toFixed(0) : Number(ratio.toPrecision(3))) + ' ' + name;
                }
            }
            return x + ' ns';
        }
        function clock(value, isTrimmed) {
            const seconds = value / G;
            let fraction = '.' + pad(value % G, 9);
            if (isTrimmed) fraction = fraction.replace(/\.?0+$/, '');
            return pad(seconds / 3600n, 2) + ':' + pad(seconds / 60n % 60n, 2) + ':' + pad(seconds % 60n, 2)
                + fraction;
        }
        // An instant with all its digits.
        function moment(value) {
            if (value >= 86400n * G) return value / (86400n * G) + ' d ' + clock(value % (86400n * G));
            if (value >= 3600n * G) return clock(value);
            return value / G + '.' + pad(value % G, 9) + ' s';
        }
        // An instant as a table has it: to the millisecond, cut.
        function brief(value) {
            return moment(value).replace(/(\.\d{3})\d{6}/, '$1');
        }
        function timeOfDay(value) {
            const date = new Date(Number((big(raw.start) + value) / 1000000n));
            const fraction = pad((big(raw.start) + value) % G, 9);
            if (isNaN(date)) return '';
            return date.toISOString().slice(0, 19).replace('T', ' ') + '.' + fraction + ' UTC';
        }
        const count = (x) => String(x).replace(/\B(?=(\d{3})+$)/g, ',');
        function octets(x) {
            x = Number(x);
            for (const [unit, name] of [[1e12, 'TB'], [1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']]) {
                if (x >= unit) return Number((x / unit).toPrecision(3)) + ' ' + name;
            }
            return Math.round(x) + ' B';
        }
        const plural = (x, one, many) => count(x) + ' ' + (big(x) === 1n ? one : many || one + 's');
        """#
}
