// Checks of the page's HTML and CSS, and of the ids and classes that its script uses.
'use strict';

const VOID = new Set(['meta', 'link', 'input', 'br', 'hr', 'img']);
const MARKS = ['{{style}}', '{{data}}', '{{script}}'];

const lineOf = (text, place) => text.slice(0, place).split('\n').length;

function tagFaults({ name, text }) {
    const faults = [];
    const open = [];
    for (const match of text.matchAll(/<(\/?)([a-zA-Z][\w-]*)((?:"[^"]*"|[^">])*)>/g)) {
        const [, slash, tag, rest] = match;
        const line = lineOf(text, match.index);
        if (slash) {
            const last = open.pop();
            if (!last || last.tag !== tag) faults.push(`${name}:${line}: </${tag}> closes ${last ? `<${last.tag}>` : 'nothing'}`);
        } else if (!VOID.has(tag) && !rest.endsWith('/')) open.push({ tag, line });
        for (const [, key, value] of rest.matchAll(/\b(src|href)="([^"]*)"/g)) {
            if (!value.startsWith('data:')) faults.push(`${name}:${line}: ${key} of ${value}: the page loads nothing`);
        }
    }
    for (const { tag, line } of open) faults.push(`${name}:${line}: <${tag}> is not closed`);
    return faults;
}

const idsOf = (html) => [...html.text.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);

function htmlFaults(html, css, modules) {
    const faults = tagFaults(html);
    for (const mark of MARKS) {
        if (html.text.split(mark).length !== 2) faults.push(`${html.name}: ${mark} must be there once`);
    }
    const ids = idsOf(html);
    const script = modules.map(({ text }) => text).join('\n');
    ids.filter((id, i) => ids.indexOf(id) !== i).forEach((id) => faults.push(`${html.name}: two elements are ${id}`));
    for (const { name, text } of modules) {
        for (const [, id] of text.matchAll(/\bbyId\('([^']*)'\)/g)) {
            if (!ids.includes(id)) faults.push(`${name}: the page has no element ${id}`);
        }
    }
    for (const id of ids) {
        if (!script.includes(`'${id}'`) && !css.text.includes(`#${id}`)) faults.push(`${html.name}: nobody uses the id ${id}`);
    }
    return faults;
}

function cssFaults(css, html, modules) {
    const faults = [];
    const text = css.text.replace(/\/\*[^]*?\*\//g, '');
    const everything = [html.text, ...modules.map((module) => module.text)].join('\n');
    let depth = 0;
    for (const character of text.replace(/"[^"]*"/g, '')) {
        if (character === '{') depth += 1;
        if (character === '}') depth -= 1;
        if (depth < 0) break;
    }
    if (depth !== 0) faults.push(`${css.name}: braces are not balanced`);
    if (/@import|url\(/.test(text)) faults.push(`${css.name}: the page loads nothing`);
    const defined = new Set([...text.matchAll(/(--[\w-]+):/g)].map((match) => match[1]));
    const uses = [...(text + everything).matchAll(/var\((--[\w-]+)\)/g)].map((match) => match[1]);
    for (const name of new Set(uses)) if (!defined.has(name)) faults.push(`${css.name}: ${name} is not defined`);
    for (const name of defined) {
        const isUsed = uses.includes(name) || everything.includes(`'${name.slice(2)}'`);
        if (!isUsed) faults.push(`${css.name}: ${name} is not used`);
    }
    const selectors = text.replace(/\{[^{}]*\}/g, ' ');
    for (const [, kind, name] of selectors.matchAll(/([.#])([a-zA-Z][\w-]*)/g)) {
        const isUsed = kind === '#' ? idsOf(html).includes(name) : new RegExp(`\\b${name}\\b`).test(everything);
        if (!isUsed) faults.push(`${css.name}: nothing has ${kind}${name}`);
    }
    for (const declaration of text.replace(/"[^"]*"/g, '').matchAll(/\{([^{}]*)\}/g)) {
        for (const part of declaration[1].split(';')) {
            if (part.trim() && !/^\s*[\w-]+\s*:\s*\S/.test(part)) faults.push(`${css.name}: no declaration: ${part.trim()}`);
        }
    }
    return faults;
}

module.exports = { cssFaults, htmlFaults };
