// Names of machines: which a filter chooses, and which form a group. Pure.

const MOST_GROUPS = 12;

// What is equal in the names of a group: `#` stands for the number at the end.
export const groupOf = (name) => name.replace(/\d+$/, '#');

// The largest groups of at least two names, the largest first: { pattern, count }.
export function groupsOf(names) {
    const counts = new Map();
    for (const name of names) {
        if (groupOf(name) !== name) counts.set(groupOf(name), (counts.get(groupOf(name)) || 0) + 1);
    }
    return [...counts].filter(([, count]) => count > 1).map(([pattern, count]) => ({ pattern, count }))
        .sort((a, b) => b.count - a.count || (a.pattern < b.pattern ? -1 : 1)).slice(0, MOST_GROUPS);
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

// Whether a name has one of the words in it; a word with `*` or `#` (a number) describes a whole name. Without words:
// every name.
export function nameFilter(text) {
    const words = text.toLowerCase().split(/[\s,]+/).filter(Boolean);
    if (words.length === 0) return () => true;
    const tests = words.map((word) => {
        if (!/[*#]/.test(word)) return (name) => name.includes(word);
        const pattern = escaped(word).replaceAll('\\*', '.*').replaceAll('#', '\\d+');
        const expression = new RegExp('^' + pattern + '$');
        return (name) => expression.test(name);
    });
    return (name) => tests.some((test) => test(name.toLowerCase()));
}
