import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupOf, groupsOf, nameFilter } from '../../../Sources/ReportPage/script/groups.js';

test('machines whose names differ in a number form a group, the largest first', () => {
    assert.equal(groupOf('web-12'), 'web-#');
    assert.deepEqual(groupsOf(['lab', 'db1', 'db2', 'web1', 'web2', 'web3', 'router', 'x9']), [
        { pattern: 'web#', count: 3 }, { pattern: 'db#', count: 2 },
    ]);
});

test('at most twelve groups are offered', () => {
    const names = Array.from({ length: 40 }, (none, i) => String.fromCharCode(97 + (i >> 1)) + '-' + i);
    assert.equal(groupsOf(names).length, 12);
});

test('a filter takes words in names, and patterns of whole names', () => {
    const names = ['web1', 'web12', 'my-web1', 'db1', 'a.b'];
    const chosen = (text) => names.filter(nameFilter(text));
    assert.deepEqual(chosen(''), names);
    assert.deepEqual(chosen('web1'), ['web1', 'web12', 'my-web1']);
    assert.deepEqual(chosen('WEB#'), ['web1', 'web12']);
    assert.deepEqual(chosen('*1, a.b'), ['web1', 'my-web1', 'db1', 'a.b']);
    assert.deepEqual(chosen('a#b'), []);
    assert.deepEqual(chosen('(*'), []);
});
