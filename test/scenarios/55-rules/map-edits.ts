// Rules that change maps and ACL files: for every use of the file, on every connection, from the next lookup on.

import assert from 'node:assert/strict';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import type { HttpResponse } from '../../harness/http-reader.ts';
import { scenario } from '../../harness/scenario.ts';

/** Connections that ask after each edit: enough that every thread gets some. */
const WITNESSES = 6;

type Asked = (path: string, key: string, value?: string) => Promise<HttpResponse>;

function asker(t: ScenarioContext, port = 8080): Asked {
  return (path, key, value) =>
    t.request(
      port,
      `GET ${path} HTTP/1.1\r\nHost: x\r\nk: ${key}\r\n${value === undefined ? '' : `v: ${value}\r\n`}Connection: close\r\n\r\n`,
    );
}

/** What several connections see of one key, in the headers of these names. */
async function seen(ask: Asked, key: string, ...names: string[]): Promise<(string | undefined)[]> {
  // A header of a reply that has nothing to say may be there or not.
  const read = (response: HttpResponse): (string | undefined)[] =>
    names.map((name) => response.header(name) || undefined);
  const first = read(await ask('/', key));
  for (let i = 1; i < WITNESSES; i++) assert.deepEqual(read(await ask('/', key)), first, `connection ${i}`);
  return first;
}

scenario('a map is changed by one request and seen by all that follow', {}, async (t) => {
  const map = t.file('m.map', '# a comment\na 1\n  b   2  \na 3\nabc prefix value\n #d sharp\n');
  await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    http-request set-map(${map}) %[req.hdr(k)] %[req.hdr(v)] if { path /set }
    http-request del-map(${map}) %[req.hdr(k)] if { path /del }
    http-request set-map(${map}) %[req.hdr(k),lower] "%[req.hdr(v)] of %[src]" if { path /format }
    http-request return status 200 hdr x-str %[req.hdr(k),map(${map},none)] hdr x-beg %[req.hdr(k),map_beg(${map},none)] hdr x-end %[req.hdr(k),map_end(${map},none)]
frontend other
    bind ${t.ip}:8081
    http-request return status 200 hdr x-sub %[req.hdr(k),map_sub(${map},none)] hdr x-reg %[req.hdr(k),map_regm(${map},none)]
`);
  const ask = asker(t);
  const askOther = asker(t, 8081);
  const uses = ['x-str', 'x-beg', 'x-end'];
  assert.deepEqual(await seen(ask, 'a', ...uses), ['1', '1', '1']);
  assert.deepEqual(await seen(ask, 'b', ...uses), ['2', '2', '2']);
  assert.deepEqual(await seen(ask, '#d', ...uses), ['sharp', 'sharp', 'sharp']);

  // All entries of the key change, and the request that changes them sees it.
  assert.equal((await ask('/set', 'a', 'new')).header('x-str'), 'new');
  assert.deepEqual(await seen(ask, 'a', ...uses), ['new', 'new', 'new']);
  assert.deepEqual(await seen(ask, 'xa', ...uses), ['none', 'none', 'new']);

  // A key that is not there is added.
  await ask('/set', 'abcd', 'longer');
  assert.deepEqual(await seen(ask, 'abcdef', ...uses), ['none', 'longer', 'none']);
  assert.deepEqual(await seen(ask, 'xabc', ...uses), ['none', 'none', 'prefix value']);
  assert.deepEqual(await seen(askOther, 'xxabcdxx', 'x-sub'), ['new']);

  await ask('/del', 'a');
  assert.deepEqual(await seen(ask, 'a', ...uses), ['none', 'none', 'none']);
  assert.deepEqual(await seen(askOther, 'xxabcdxx', 'x-sub', 'x-reg'), ['2', '2']);
  // Only the very key is deleted.
  await ask('/del', 'ab');
  await ask('/del', 'ABC');
  assert.deepEqual(await seen(ask, 'abc', ...uses), ['prefix value', 'prefix value', 'prefix value']);

  await ask('/format', 'KEY', 'spaces  and more');
  assert.deepEqual(await seen(ask, 'key', 'x-str'), ['spaces  and more of 127.0.0.1']);
  await ask('/set', 'key', 'a value that is much longer than the one before it');
  assert.deepEqual(await seen(ask, 'key', 'x-str'), ['a value that is much longer than the one before it']);
});

scenario('a pattern is added to a file of an ACL, and taken out again', {}, async (t) => {
  const list = t.file('l.acl', 'x\ny\nx\n');
  const networks = t.file('n.acl', '10.0.0.0/8\n');
  await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    acl listed req.hdr(k) -f ${list}
    acl begins req.hdr(k) -m beg -f ${list}
    acl small req.hdr(k) -i -f ${list}
    acl inside req.hdr_ip(k) -f ${networks}
    http-request add-acl(${list}) %[req.hdr(k)] if { path /add }
    http-request del-acl(${list}) %[req.hdr(k)] if { path /del }
    http-request add-acl(${networks}) %[req.hdr(k)] if { path /addnet }
    http-request del-acl(${networks}) %[req.hdr(k)] if { path /delnet }
    http-request set-var(txn.a) str(listed) if listed
    http-request set-var(txn.b) str(begins) if begins
    http-request set-var(txn.c) str(small) if small
    http-request set-var(txn.d) str(inside) if inside
    http-request return status 200 hdr x-a %[var(txn.a)] hdr x-b %[var(txn.b)] hdr x-c %[var(txn.c)] hdr x-d %[var(txn.d)]
`);
  const ask = asker(t);
  const uses = ['x-a', 'x-b', 'x-c'];
  assert.deepEqual(await seen(ask, 'x', ...uses), ['listed', 'begins', 'small']);
  assert.deepEqual(await seen(ask, 'new', ...uses), [undefined, undefined, undefined]);
  await ask('/add', 'new');
  await ask('/add', 'new');
  assert.deepEqual(await seen(ask, 'new', ...uses), ['listed', 'begins', 'small']);
  assert.deepEqual(await seen(ask, 'NEWER', ...uses), [undefined, undefined, undefined]);
  assert.deepEqual(await seen(ask, 'newer', ...uses), [undefined, 'begins', undefined]);
  assert.deepEqual(await seen(ask, 'NEW', ...uses), [undefined, undefined, 'small']);
  await ask('/del', 'new');
  await ask('/del', 'x');
  assert.deepEqual(await seen(ask, 'new', ...uses), [undefined, undefined, undefined]);
  assert.deepEqual(await seen(ask, 'x', ...uses), [undefined, undefined, undefined]);
  assert.deepEqual(await seen(ask, 'y', ...uses), ['listed', 'begins', 'small']);

  assert.deepEqual(await seen(ask, '192.168.3.4', 'x-d'), [undefined]);
  await ask('/addnet', '192.168.0.0/16');
  // What is no network is refused, and names are not resolved while traffic waits.
  await ask('/addnet', 'bogus');
  await ask('/addnet', 'localhost');
  assert.deepEqual(await seen(ask, '192.168.3.4', 'x-d'), ['inside']);
  assert.deepEqual(await seen(ask, '127.0.0.1', 'x-d'), [undefined]);
  await ask('/delnet', '192.168.3.4');
  assert.deepEqual(await seen(ask, '192.168.3.4', 'x-d'), ['inside']);
  await ask('/delnet', '192.168.0.0/16');
  assert.deepEqual(await seen(ask, '192.168.3.4', 'x-d'), [undefined]);
});

scenario('a value that the map cannot give, and a key that it cannot match, are refused', {}, async (t) => {
  const integers = t.file('i.map', 'k 1\nneg -22\n');
  const addresses = t.file('a.map', 'k 1.1.1.1\n');
  const ranges = t.file('r.map', '1 one\n10:20 ten\n');
  await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    http-request set-map(${integers}) %[req.hdr(k)] %[req.hdr(v)] if { path /int }
    http-request set-map(${addresses}) %[req.hdr(k)] %[req.hdr(v)] if { path /ip }
    http-request set-map(${ranges}) %[req.hdr(k)] %[req.hdr(v)] if { path /range }
    http-request return status 200 hdr x-int %[req.hdr(k),map_str_int(${integers},-1)] hdr x-ip %[req.hdr(k),map_str_ip(${addresses},9.9.9.9)] hdr x-range %[req.hdr(k),map_int(${ranges},none)]
`);
  const ask = asker(t);
  assert.deepEqual(await seen(ask, 'neg', 'x-int'), ['-22']);
  await ask('/int', 'k', '55');
  await ask('/int', 'k', 'bogus');
  await ask('/int', 'n', 'bogus');
  await ask('/int', 'm', '-7');
  assert.deepEqual(await seen(ask, 'k', 'x-int'), ['55']);
  assert.deepEqual(await seen(ask, 'n', 'x-int'), ['-1']);
  assert.deepEqual(await seen(ask, 'm', 'x-int'), ['-7']);
  await ask('/ip', 'k', 'bogus');
  assert.deepEqual(await seen(ask, 'k', 'x-ip'), ['1.1.1.1']);
  await ask('/ip', 'k', '2.2.2.2');
  await ask('/ip', 'n', '2001:db8::1');
  assert.deepEqual(await seen(ask, 'k', 'x-ip'), ['2.2.2.2']);
  assert.deepEqual(await seen(ask, 'n', 'x-ip'), ['2001:db8::1']);
  await ask('/range', 'x', 'bad');
  await ask('/range', '7', 'seven');
  await ask('/range', '20:30', 'twenty');
  assert.deepEqual(await seen(ask, '7', 'x-range'), ['seven']);
  assert.deepEqual(await seen(ask, '20', 'x-range'), ['ten']);
  assert.deepEqual(await seen(ask, '25', 'x-range'), ['twenty']);
});

scenario('a map and an ACL of one file are one list', {}, async (t) => {
  const shared = t.file('s.map', 'a 1\nb 2\n');
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    acl known req.hdr(k) -M -f ${shared}
    http-request set-map(${shared}) %[req.hdr(k)] %[req.hdr(v)] if { path /set }
    http-request add-acl(${shared}) %[req.hdr(k)] if { path /add }
    http-request del-acl(${shared}) %[req.hdr(k)] if { path /del }
    http-request set-var(txn.known) str(known) if known
    http-request return status 200 hdr x-map %[req.hdr(k),map(${shared},none)] hdr x-known %[var(txn.known)] unless { path_beg /server }
    http-response set-map(${shared}) from-response %[res.hdr(x-value)] if { res.hdr(x-value) -m found }
    http-response del-map(${shared}) b
    default_backend app
backend app
    http-response add-header x-value taught if { status 200 }
    server s1 ${server.address}
`);
  const ask = asker(t);
  assert.deepEqual(await seen(ask, 'a', 'x-map', 'x-known'), ['1', 'known']);
  await ask('/set', 'c', '3');
  assert.deepEqual(await seen(ask, 'c', 'x-map', 'x-known'), ['3', 'known']);
  // Added as a pattern, it has no value, and gets none.
  await ask('/add', 'bare');
  assert.deepEqual(await seen(ask, 'bare', 'x-map', 'x-known'), ['1', 'known']);
  await ask('/set', 'bare', 'value');
  assert.deepEqual(await seen(ask, 'bare', 'x-map', 'x-known'), ['1', 'known']);
  await ask('/del', 'bare');
  await ask('/set', 'bare', 'value');
  assert.deepEqual(await seen(ask, 'bare', 'x-map', 'x-known'), ['value', 'known']);
  await ask('/add', 'a');
  assert.deepEqual(await seen(ask, 'a', 'x-map'), ['1']);
  await ask('/del', 'a');
  assert.deepEqual(await seen(ask, 'a', 'x-map', 'x-known'), ['none', undefined]);

  assert.equal((await ask('/server', 'a')).status, 200);
  assert.deepEqual(await seen(ask, 'from-response', 'x-map', 'x-known'), ['taught', 'known']);
  assert.deepEqual(await seen(ask, 'b', 'x-map'), ['none']);
});

scenario('flags of an ACL count for the files behind them', {}, async (t) => {
  const exact = t.file('exact.acl', 'Exact\n');
  const generic = t.file('generic.acl', 'Generic\ntrailing  \n');
  const map = t.file('pairs.map', 'Pair value\n');
  await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    acl one req.hdr(k) -f ${exact} -i -f ${generic} -M -f ${map} test
    acl two req.hdr(k) -u 77 Word
    http-request set-var(txn.one) str(one) if one
    http-request set-var(txn.two) str(two) if two
    http-request return status 200 hdr x-one %[var(txn.one)] hdr x-two %[var(txn.two)]
`);
  const ask = asker(t);
  for (const [key, one, two] of [
    ['Exact', 'one', undefined],
    ['exact', undefined, undefined],
    ['GENERIC', 'one', undefined],
    ['TEST', 'one', undefined],
    ['pair', 'one', undefined],
    ['trailing', undefined, undefined],
    ['Word', undefined, 'two'],
    ['word', undefined, undefined],
  ] as const) {
    const response = await ask('/', key);
    assert.deepEqual(
      [response.header('x-one') || undefined, response.header('x-two') || undefined],
      [one, two],
      key,
    );
  }
});

scenario('wrong uses of files and wrong edits are refused', {}, async (t) => {
  const pairs = t.file('p.map', 'a 1\nb word\n');
  const networks = t.file('n.acl', '10.0.0.0/8\n\n# comment\nbogus_\n');
  const operators = t.file('o.acl', 'ge 5\n');
  const names = t.file('h.map', 'localhost x\n');
  const broken = t.file('e.acl', 'a(\n');
  const refusal = async (lines: string): Promise<string> => {
    const file = t.file('wrong.cfg', `${HTTP_DEFAULTS}\nfrontend web\n    bind ${t.ip}:8080\n    ${lines}\n`);
    const { status, stderr } = await t.run(['-c', '-f', file]);
    // HAProxy 2.6 may crash behind its message.
    assert.notEqual(status, 0, lines);
    return stderr;
  };
  const acl = (message: string): string => `error detected while parsing ACL 'x' : ${message}`;
  const rule = (name: string, message: string): string =>
    `error detected in frontend 'web' while parsing 'http-request ${name}' rule : ${message}`;
  const taken = (is: string, wanted: string): string =>
    `The file "${pairs}" is already used as ${is} column file and cannot be used by as ${wanted} column file..`;
  for (const [lines, message] of [
    [`http-request set-map(${pairs}) a`, rule(`set-map(${pairs})`, 'expects exactly 2 arguments.')],
    [`http-request del-map(${pairs})`, rule(`del-map(${pairs})`, 'expects exactly 1 arguments.')],
    [`http-request del-map(${pairs}) if TRUE`, "by a condition but found 'TRUE'."],
    [`http-request set-map(${pairs}) a if TRUE`, "by a condition but found 'TRUE'."],
    [`http-request add-acl(${pairs})`, rule(`add-acl(${pairs})`, 'expects exactly 1 arguments.')],
    ['http-after-response set-map(x) a b', "but got 'set-map(x)'"],
    ['tcp-request content set-map(x) a b', "(got 'set-map(x)')"],
    [`http-request set-map(${pairs}) a b c`, "expects either 'if' or 'unless' followed by a condition"],
    [
      `acl x src -f ${networks}`,
      acl(`'bogus_' is not a valid IPv4 or IPv6 address at line 4 of file '${networks}'.`),
    ],
    [`acl x src_port -f ${operators}`, acl(`'ge 5' is not a number at line 1 of file '${operators}'.`)],
    [`acl x path -m reg -f ${broken}`, acl(`regex 'a(' is invalid`)],
    ['acl x path -f', acl('failed to open pattern file <>.')],
    ['acl x path -u foo a', acl('the argument of -u must be an integer.')],
    ['acl y path -u 5 a\n    acl x path -u 5 b', acl('the id is already used.')],
    [`acl y path -f ${pairs}\n    http-request set-path %[path,map(${pairs})]`, taken('one', 'two')],
    [`http-request set-path %[path,map(${pairs})]\n    acl x path -f ${pairs}`, taken('two', 'one')],
    [
      `http-request set-path %[path,map_str_int(${pairs})]`,
      `unable to parse 'word' at line 2 of file '${pairs}'.`,
    ],
    [
      `http-request set-path %[src,map_ip(${names})]`,
      `'localhost' is not a valid IPv4 or IPv6 address at line 1 of file '${names}'.`,
    ],
  ] as const) {
    const stderr = await refusal(lines);
    assert.ok(stderr.includes(message), `${lines}\n${stderr}`);
  }
});
