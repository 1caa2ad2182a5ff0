// Canvases: size, colours, fonts, shortened text.

const FONT = '12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
export const SMALL = '11px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
export const MONO = 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';
// FONT in another size or weight.
export const fontOf = (size) => size + FONT.slice(4);

// The colours of the style sheet, by the names of its variables.
export const colour = {};
const COLOURS = ['back', 'zebra', 'line', 'text', 'dim', 'run', 'free', 'wait', 'good', 'bad', 'neutral', 'down', 'up',
    'lost', 'fault', 'console', 'accent', 'plot', 'plot2', 'barGood', 'barBad', 'barNeutral', 'barFault'];
export function readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const name of COLOURS) colour[name] = style.getPropertyValue('--' + name).trim();
}

// The empty canvas in the given size, in CSS pixels, at the resolution of the screen.
export function prepare(canvas, width, height) {
    const ratio = window.devicePixelRatio || 1;
    const columns = Math.round(width * ratio);
    const rows = Math.round(height * ratio);
    if (canvas.width !== columns || canvas.height !== rows) {
        canvas.width = columns;
        canvas.height = rows;
        canvas.style.width = width + 'px';
        canvas.style.height = height + 'px';
    }
    const context = canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    return context;
}

// The text, or as much of it as the width has room for.
export function fitted(context, text, width) {
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

// A line one pixel wide from the top of the canvas to `height`; the caller strokes.
export function addVertical(context, x, height) {
    context.moveTo(Math.floor(x) + 0.5, 0);
    context.lineTo(Math.floor(x) + 0.5, height);
}
