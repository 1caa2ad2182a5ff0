// Columns of instants and durations, exact to the nanosecond. A run may be longer than 2^53 ns, so each value is
// stored as whole seconds (a double) and the nanoseconds that remain (an integer).

export const SECOND = 1000000000n;

export const isMissing = (value) => value === null || value === undefined;

// ns as the data has them: a number, a string of digits where a double would round, or null.
export const toInstant = (value) => (isMissing(value) ? null : BigInt(value));

function column(values, areDeltas) {
    const length = values.length;
    const seconds = new Float64Array(length);
    const nanoseconds = new Int32Array(length);
    let wholeSeconds = 0;
    let rest = 0;
    for (let i = 0; i < length; i++) {
        if (!areDeltas) wholeSeconds = rest = 0;
        const value = values[i];
        if (typeof value === 'number') {
            const fraction = value % 1e9;
            rest += fraction;
            wholeSeconds += (value - fraction) / 1e9;
        } else {
            const exact = BigInt(value);
            rest += Number(exact % SECOND);
            wholeSeconds += Number(exact / SECOND);
        }
        if (rest >= 1e9) {
            rest -= 1e9;
            wholeSeconds += 1;
        }
        seconds[i] = wholeSeconds;
        nanoseconds[i] = rest;
    }
    return { seconds, nanoseconds, length };
}

// Sorted instants, each given as the time since the one before it.
export const instants = (values) => column(values, true);

export const durations = (values) => column(values, false);

export const valueAt = (values, i) => BigInt(values.seconds[i]) * SECOND + BigInt(values.nanoseconds[i]);

// The same as a double: rounded above 2^53 ns.
export const roundedAt = (values, i) => values.seconds[i] * 1e9 + values.nanoseconds[i];

// The column that has the given rows only.
export const selected = (values, rows) => ({
    seconds: Float64Array.from(rows, (i) => values.seconds[i]),
    nanoseconds: Int32Array.from(rows, (i) => values.nanoseconds[i]),
    length: rows.length,
});

// The first row whose instant is not before the given one; the length if there is none.
export function lowerBound(values, time) {
    const seconds = Number(time / SECOND);
    const nanoseconds = Number(time % SECOND);
    let low = 0;
    let high = values.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        const isBefore = values.seconds[middle] < seconds
            || (values.seconds[middle] === seconds && values.nanoseconds[middle] < nanoseconds);
        if (isBefore) low = middle + 1;
        else high = middle;
    }
    return low;
}
