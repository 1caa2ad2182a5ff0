// "Look here": the command that opens a shell at the instant that was clicked.

import { byId, copyable, make } from './dom.js';
import { isLab, lanes } from './model.js';
import { instantText } from './format.js';
import { replayCommand } from './replay.js';

// - lane: whose machine; the lab and models have no shells.
export function lookAt(time, lane) {
    const hasShell = lane >= 0 && !isLab(lane) && lanes.model[lane] === null;
    const machine = hasShell ? lanes.name[lane] : null;
    byId('look').replaceChildren(
        make('span', { class: 'dim' }, 'look here (' + instantText(time) + '): '),
        copyable(replayCommand(location.href, time, machine)));
    byId('look').hidden = false;
}
