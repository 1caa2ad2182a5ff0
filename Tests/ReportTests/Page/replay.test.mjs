// The command that looks at an instant.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replayCommand } from '../../../Sources/ReportPage/script/replay.js';

const page = 'file:///home/me/out/ping/report.html';

test('times are exact and short', () => {
    const begin = 'almanac replay /home/me/out/ping --at ';
    assert.equal(replayCommand(page, 3000000001n, 'm1'), begin + '3.000000001s --shell m1');
    assert.equal(replayCommand(page, 3500000000n, 'm1'), begin + '3.5s --shell m1');
    assert.equal(replayCommand(page + '#from=1&to=2', 0n, null), begin + '0s');
});

test('the folder is that of the page, if it is a run folder', () => {
    assert.equal(replayCommand('file:///a%20b/it%27s/report.html', 0n, null), "almanac replay '/a b/it'\\''s' --at 0s");
    for (const other of ['https://host/out/ping/report.html', 'about:blank', 'file:///tmp/other.html']) {
        assert.equal(replayCommand(other, 0n, null), 'almanac replay RUN --at 0s');
    }
});
