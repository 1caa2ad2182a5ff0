// Checks of the script's modules: they are joined into one function, so their names must be unique, and an import or export
// must be in the one form that the program knows how to remove.
'use strict';

const { basename } = require('node:path');
const { partners, tokens } = require('./tokens.js');

const MOST_LINES = 400;
const MOST_COLUMNS = 120;

const GLOBALS = new Set(['Array', 'BigInt', 'Boolean', 'Date', 'Error', 'Float32Array', 'Float64Array', 'Infinity',
    'Int32Array', 'JSON', 'Map', 'Math', 'NaN', 'Number', 'Object', 'Promise', 'RegExp', 'ResizeObserver', 'Set', 'String',
    'Uint8Array', 'WheelEvent', 'clearTimeout', 'document', 'getComputedStyle', 'history', 'isNaN', 'location',
    'matchMedia', 'requestAnimationFrame', 'setTimeout', 'window', 'decodeURIComponent']);

const FORBIDDEN = [
    [/\bvar\b/, 'var'], [/[^=!]==[^=]|!=[^=]/, '== or !='], [/(?<!\.)\bconsole\./, 'console'], [/\bdebugger\b/, 'debugger'],
    [/\beval\b|new Function/, 'code from text'], [/innerHTML|outerHTML|insertAdjacentHTML|document\.write/, 'HTML from text'],
    [/\t/, 'a tab'], [/ $/, 'a space at the end'],
];

// Reads what a module declares, imports and uses.
function parse({ name, text }) {
    const list = tokens(text);
    const partner = partners(list);
    const value = (i) => (list[i] ? list[i].value : '');
    const isName = (i) => list[i] && list[i].type === 'name';
    const module = {
        name, text, imports: [], exports: new Map(), topLevel: new Map(), declared: new Map(), parameters: new Set(),
        uses: new Map(), references: [],
    };
    const importEnds = [];
    let depth = 0;
    const declare = (i) => {
        if (!module.declared.has(value(i))) module.declared.set(value(i), list[i].line);
        if (depth > 0) return;
        module.topLevel.set(value(i), list[i].line);
    };
    // Names of a pattern; keys are not names, and defaults count as names, which is lenient.
    const pattern = (start, stop, take) => {
        for (let i = start; i < stop; i++) if (isName(i) && value(i + 1) !== ':' && value(i - 1) !== '.') take(i);
    };
    const parameter = (i) => module.parameters.add(value(i));
    list.forEach((token, i) => {
        if (token.type === 'mark' && '{(['.includes(token.value)) depth += 1;
        if (token.type === 'mark' && '})]'.includes(token.value)) depth -= 1;
        if (token.value === 'import' && token.type === 'keyword') {
            const close = value(i + 1) === '{' ? partner.get(i + 1) : i;
            const from = /^'\.\/(.+)'$|^'(.+)'$/.exec(value(close + 2)) || [];
            const names = [];
            pattern(i + 2, close, (n) => names.push(value(n)));
            module.imports.push({ names, from: from[1] || from[2] || '', line: token.line });
            importEnds.push([i, close + 2]);
        } else if (token.type === 'keyword' && ['const', 'let', 'class'].includes(token.value)) {
            const first = i + 1;
            if (isName(first)) declare(first);
            else if (partner.has(first)) pattern(first + 1, partner.get(first), declare);
            if (value(i - 1) === 'export') module.exports.set(value(first), token.line);
        } else if (token.type === 'keyword' && token.value === 'function') {
            const named = value(i + 1) === '*' ? i + 2 : i + 1;
            if (isName(named)) declare(named);
            if (value(i - 1) === 'export') module.exports.set(value(named), token.line);
        } else if (token.value === '=>' && isName(i - 1)) parameter(i - 1);
        else if (token.value === '(' && token.type === 'mark') {
            const close = partner.get(i);
            const isControl = ['if', 'for', 'while', 'switch'].includes(value(i - 1));
            const isParameters = value(close + 1) === '=>' || (value(close + 1) === '{' && !isControl);
            if (isParameters) pattern(i + 1, close, parameter);
        }
    });
    list.forEach((token, i) => {
        if (token.type !== 'name' || ['.', '?.'].includes(value(i - 1))) return;
        if (importEnds.some(([start, stop]) => i > start && i < stop)) return;
        const isKey = value(i + 1) === ':' && ['{', ','].includes(value(i - 1));
        const isMethod = value(i + 1) === '(' && value(partner.get(i + 1) + 1) === '{'
            && !['function', '*', '='].includes(value(i - 1));
        const isWord = ['of', 'from'].includes(token.value) && !module.declared.has(token.value)
            && !module.parameters.has(token.value);
        if (isKey || isMethod || isWord) return;
        module.uses.set(token.value, (module.uses.get(token.value) || 0) + 1);
        module.references.push(token);
    });
    return module;
}

function textFaults({ name, text }) {
    const faults = [];
    const lines = text.split('\n');
    if (lines.length > MOST_LINES) faults.push(`${name}: ${lines.length} lines, at most ${MOST_LINES}`);
    lines.forEach((line, i) => {
        const place = `${name}:${i + 1}`;
        if ([...line].length > MOST_COLUMNS) faults.push(`${place}: longer than ${MOST_COLUMNS} columns`);
        for (const [expression, what] of FORBIDDEN) {
            if (!line.trim().startsWith('//') && expression.test(line)) faults.push(`${place}: ${what}`);
        }
    });
    return faults;
}

function nameFaults(module) {
    const faults = [];
    const imported = new Set(module.imports.flatMap(({ names }) => names));
    const seen = new Set();
    for (const { value, line } of module.references) {
        const isKnown = GLOBALS.has(value) || imported.has(value) || module.declared.has(value)
            || module.parameters.has(value);
        if (!isKnown && !seen.has(value)) faults.push(`${module.name}:${line}: ${value} is not declared`);
        seen.add(value);
    }
    for (const name of imported) {
        if (!module.uses.has(name)) faults.push(`${module.name}: ${name} is imported and not used`);
    }
    for (const [name, line] of module.declared) {
        if (module.exports.has(name) || (module.uses.get(name) || 0) > 1) continue;
        faults.push(`${module.name}:${line}: ${name} is not used`);
    }
    return faults;
}

// What the program that joins modules relies on.
function formFaults(module) {
    const faults = [];
    const form = /^import \{\s*[\w$]+(?:,\s*[\w$]+)*,?\s*\} from '\.\/[\w.]+';$/;
    for (const [statement] of module.text.matchAll(/^[ \t]*import\b[^;]*;?/gm)) {
        if (!form.test(statement)) faults.push(`${module.name}: another form of import: ${statement.split('\n')[0]}`);
    }
    module.text.split('\n').forEach((line, i) => {
        const place = `${module.name}:${i + 1}`;
        if (/^import .*\bas\b/.test(line)) faults.push(`${place}: an import under another name`);
        if (/^\s*export\b/.test(line) && !/^export (?:const|let|function\*?|class) /.test(line)) {
            faults.push(`${place}: another form of export`);
        }
    });
    return faults;
}

// - tests: modules that import from the others.
function scriptFaults(sources, tests) {
    const modules = sources.map(parse);
    const users = [...modules, ...tests.map(parse)];
    const faults = [...sources, ...tests].flatMap(textFaults);
    const byName = new Map(modules.map((module) => [basename(module.name), module]));
    const owner = new Map();
    for (const module of modules) {
        faults.push(...nameFaults(module), ...formFaults(module));
        for (const [name, line] of module.topLevel) {
            const place = `${module.name}:${line}`;
            if (owner.has(name)) faults.push(`${place}: ${name} is declared in ${owner.get(name)} too`);
            owner.set(name, basename(module.name));
        }
        for (const name of module.exports.keys()) {
            const isImported = users.some((user) => user !== module && user.imports.some((one) => one.names.includes(name)));
            if (!isImported) faults.push(`${module.name}: ${name} is exported and not imported anywhere`);
        }
    }
    for (const user of users) {
        for (const { names, from, line } of user.imports) {
            if (from.startsWith('node:')) continue;
            const source = byName.get(basename(from));
            for (const name of names) {
                if (!source || !source.exports.has(name)) {
                    faults.push(`${user.name}:${line}: ${from} has no export ${name}`);
                }
            }
        }
    }
    return faults;
}

module.exports = { scriptFaults };
