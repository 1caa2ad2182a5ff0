// Mouse and keyboard: zoom, drag, selection, tip, keys.

import {
    LEFT, MARGIN, cursor, pan, repaint, scale, scroller, setWindow, showAll, wholeEnd, zoomAbout,
} from './view.js';
import { barAt } from './describe.js';
import { runEnd } from './commands.js';
import { byId } from './dom.js';
import { faultEnd } from './faults.js';
import { laneAt, layout } from './lanes.js';
import { lookAt } from './look.js';
import { showStretch } from './navigate.js';

const tip = byId('tip');

function showTip(lines, x, y) {
    tip.replaceChildren(...lines);
    tip.hidden = lines.length === 0;
    if (tip.hidden) return;
    const box = tip.getBoundingClientRect();
    const isBelow = y + 18 + box.height <= window.innerHeight;
    tip.style.left = Math.max(4, Math.min(x + 14, window.innerWidth - box.width - 8)) + 'px';
    tip.style.top = (isBelow ? y + 18 : Math.max(4, y - box.height - 10)) + 'px';
}

// A point of a canvas; x is 0 where the window begins.
function pointIn(event, canvas) {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left - LEFT, y: event.clientY - box.top };
}

// - describe: the lines of the tip for a point.
export function attachPointer(canvas, describe) {
    const isLanes = canvas === byId('lanes');
    let drag = null;
    attachWheel(canvas, isLanes);
    canvas.addEventListener('pointerdown', (event) => {
        if (event.button !== 0) return;
        canvas.setPointerCapture(event.pointerId);
        drag = {
            x: pointIn(event, canvas).x, startX: event.clientX, startY: event.clientY, top: scroller.scrollTop,
            from: scale.from, to: scale.to, isMoved: false, isSelecting: event.shiftKey,
        };
        showTip([], 0, 0);
    });
    canvas.addEventListener('pointermove', (event) => {
        const { x, y } = pointIn(event, canvas);
        cursor.pointer = { x, y, selectFrom: drag && drag.isSelecting ? drag.x : null };
        if (!drag) {
            showTip(describe(x, y), event.clientX, event.clientY);
            canvas.style.cursor = tip.hidden ? 'grab' : 'pointer';
            if (x < -MARGIN || x > scale.width + MARGIN) cursor.pointer = null;
        } else if (!drag.isSelecting) moveWindow(drag, event, isLanes);
        repaint();
    });
    const release = (event) => {
        if (!drag) return;
        const ended = drag;
        drag = null;
        if (event.type === 'pointerup') endDrag(ended, pointIn(event, canvas), isLanes);
    };
    canvas.addEventListener('pointerup', release);
    canvas.addEventListener('pointercancel', release);
    canvas.addEventListener('pointerleave', () => {
        cursor.pointer = null;
        showTip([], 0, 0);
        repaint();
    });
    canvas.addEventListener('dblclick', (event) => zoomAbout(pointIn(event, canvas).x, 0.25));
}

// The wheel zooms about the pointer; sideways it pans. Over the names of lanes, and with Shift, the page scrolls.
export function attachWheel(canvas, isLanes = false) {
    canvas.addEventListener('wheel', (event) => onWheel(event, canvas, isLanes), { passive: false });
}

function onWheel(event, canvas, isLanes) {
    const { x } = pointIn(event, canvas);
    if ((x < -MARGIN && isLanes) || event.shiftKey) return;
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(event.deltaX * unit);
    else {
        const steps = Math.max(-300, Math.min(300, event.deltaY * unit));
        zoomAbout(Math.max(0, Math.min(scale.width, x)), Math.exp(steps / 400));
    }
}

// The window moves with the pointer, and lanes scroll with it.
function moveWindow(drag, event, isLanes) {
    const [dx, dy] = [event.clientX - drag.startX, event.clientY - drag.startY];
    drag.isMoved = drag.isMoved || Math.abs(dx) + Math.abs(dy) > 3;
    if (!drag.isMoved) return;
    const by = scale.nanoseconds(dx);
    setWindow({ from: drag.from - by, to: drag.to - by });
    if (isLanes) scroller.scrollTop = drag.top - dy;
}

// A selection is zoomed in on; a click on a bar shows the time of what it stands for.
function endDrag(drag, { x, y }, isLanes) {
    if (drag.isSelecting && Math.abs(x - drag.x) > 4) {
        setWindow({ from: scale.instantAt(Math.min(x, drag.x)), to: scale.instantAt(Math.max(x, drag.x)) });
    } else if (!drag.isMoved && isLanes) {
        if (x >= 0 && x <= scale.width) lookAt(scale.instantAt(x), laneAt(y));
        const bar = barAt(x, y);
        if (bar && bar.fault) showStretch(bar.fault.start, faultEnd(bar.fault));
        else if (bar) showStretch(bar.runs[0].start, runEnd(bar.runs[bar.runs.length - 1]));
    }
    repaint();
}

const zoomAtPointer = (factor) => {
    const x = cursor.pointer ? Math.max(0, Math.min(scale.width, cursor.pointer.x)) : scale.width / 2;
    zoomAbout(x, factor);
};
const scrollLanes = (direction) => { scroller.scrollTop += direction * Math.max(40, layout.laneHeight); };

const KEYS = {
    '+': () => zoomAtPointer(0.5), '=': () => zoomAtPointer(0.5), '-': () => zoomAtPointer(2),
    '_': () => zoomAtPointer(2), ArrowLeft: () => pan(-scale.width / 5), ArrowRight: () => pan(scale.width / 5),
    ArrowUp: () => scrollLanes(-1), ArrowDown: () => scrollLanes(1),
    Home: () => pan(-Number(scale.from) * scale.pixelsPerNanosecond),
    End: () => pan(Number(wholeEnd - scale.to) * scale.pixelsPerNanosecond),
    0: showAll, '/': () => byId('search').focus(),
    Escape: () => {
        cursor.found = null;
        repaint();
    },
};

export function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const action = KEYS[event.key];
    if (!action) return;
    event.preventDefault();
    action();
}
