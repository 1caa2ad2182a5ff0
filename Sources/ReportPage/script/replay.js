// The command that looks at an instant of this run.

// A word, quoted for a shell.
const quoted = (word) => (/^[\w./:@%+=,-]+$/.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'");

// The run folder: the page's own, if it is still in it.
function folderOf(address) {
    const match = /^file:\/\/(\/.*)\/report\.html$/.exec(address.split('#')[0]);
    return match ? decodeURIComponent(match[1]) : 'RUN';
}

// - address: of the page.
// - time: ns.
// - machine: its name; null: no shell is opened.
export function replayCommand(address, time, machine) {
    const [seconds, rest] = [time / 1000000000n, time % 1000000000n];
    const decimals = String(rest).padStart(9, '0').replace(/0+$/, '');
    const words = ['almanac', 'replay', folderOf(address), '--at', seconds + (decimals ? '.' + decimals : '') + 's'];
    return words.concat(machine === null ? [] : ['--shell', machine]).map(quoted).join(' ');
}
