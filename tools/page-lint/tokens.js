// Splits JavaScript into tokens: { type, value, line }. Type: name, keyword, number, string, regex, mark.
'use strict';

const KEYWORDS = new Set(['async', 'await', 'break', 'case', 'catch', 'class', 'const', 'constructor', 'continue',
    'debugger', 'default', 'delete', 'do', 'else', 'export', 'extends', 'false', 'finally', 'for', 'from', 'function',
    'get', 'if', 'import', 'in', 'instanceof', 'let', 'new', 'null', 'of', 'return', 'set', 'static', 'super', 'switch',
    'this', 'throw', 'true', 'try', 'typeof', 'undefined', 'var', 'void', 'while', 'with', 'yield']);
// Words that are keywords in some places only: names wherever they can be.
const SOFT = new Set(['async', 'from', 'get', 'of', 'set', 'static']);

const MARKS = ['>>>=', '...', '===', '!==', '**=', '<<=', '>>=', '>>>', '&&=', '||=', '??=', '=>', '==', '!=', '<=', '>=',
    '&&', '||', '??', '?.', '++', '--', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<', '>>', '**'];

function tokens(source) {
    const found = [];
    let line = 1;
    let at = 0;
    // After these a `/` begins a regular expression.
    const canBeginRegex = () => {
        const last = found[found.length - 1];
        if (!last) return true;
        if (last.type === 'mark') return ![')', ']', '}'].includes(last.value);
        return last.type === 'keyword' && !['this', 'null', 'true', 'false', 'undefined', 'super'].includes(last.value);
    };
    const push = (type, stop) => {
        const value = source.slice(at, stop);
        found.push({ type, value, line });
        line += value.split('\n').length - 1;
        at = stop;
    };
    const matchAt = (pattern) => {
        pattern.lastIndex = at;
        const match = pattern.exec(source);
        return match ? at + match[0].length : -1;
    };
    const skip = (stop) => {
        line += source.slice(at, stop).split('\n').length - 1;
        at = stop;
    };
    while (at < source.length) {
        let stop = matchAt(/\s+|\/\/[^\n]*|\/\*[^]*?\*\//y);
        if (stop > at) {
            skip(stop);
            continue;
        }
        stop = matchAt(/[A-Za-z_$][\w$]*/y);
        if (stop > at) {
            const word = source.slice(at, stop);
            push(KEYWORDS.has(word) && !SOFT.has(word) ? 'keyword' : 'name', stop);
            continue;
        }
        stop = matchAt(/(?:0[xX][\da-fA-F]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)n?/y);
        if (stop > at) {
            push('number', stop);
            continue;
        }
        stop = matchAt(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y);
        if (stop > at) {
            push('string', stop);
            continue;
        }
        if (source[at] === '`') {
            // Names inside of ${} are found by taking the text of the template as tokens of their own.
            const end = matchAt(/`(?:[^`\\]|\\.)*`/y);
            const inner = [...source.slice(at, end).matchAll(/\$\{([^}]*)\}/g)].flatMap((match) => tokens(match[1]));
            push('string', end);
            for (const token of inner) found.push({ ...token, line });
            continue;
        }
        stop = canBeginRegex() ? matchAt(/\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y) : -1;
        if (stop > at) {
            push('regex', stop);
            continue;
        }
        push('mark', at + (MARKS.find((mark) => source.startsWith(mark, at)) || source[at]).length);
    }
    return found;
}

// For each bracket its partner's place.
function partners(list) {
    const open = [];
    const partner = new Map();
    list.forEach((token, i) => {
        if (token.type !== 'mark') return;
        if ('([{'.includes(token.value)) open.push(i);
        else if (')]}'.includes(token.value)) {
            const start = open.pop();
            partner.set(i, start);
            partner.set(start, i);
        }
    });
    return partner;
}

module.exports = { tokens, partners };
