// The window is part of the page's address, so that it can be linked.

import { scale, setWindow } from './view.js';

let timer = 0;
let writtenHash = '';

// Writes the address when the window has not changed for a moment.
export function rememberWindow() {
    clearTimeout(timer);
    timer = setTimeout(writeHash, 150);
}

function writeHash() {
    writtenHash = '#from=' + scale.from + '&to=' + scale.to;
    if (location.hash !== writtenHash) history.replaceState(null, '', writtenHash);
}

// Shows the window that the address names, if it names one.
export function readHash() {
    const match = /^#from=(\d{1,20})&to=(\d{1,20})$/.exec(location.hash);
    if (!match || location.hash === writtenHash) return;
    const [from, to] = [BigInt(match[1]), BigInt(match[2])];
    if (to > from) setWindow({ from, to }, true);
}
