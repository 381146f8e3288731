// `server-template`: several servers from one line.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { ask } from '../../harness/farm.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('server-template makes servers with its options, numbered names and ids', {}, async (t) => {
  const server = await t.httpServer('a');
  await t.start(`${HTTP_DEFAULTS}
listen statistics
    bind ${t.ip}:8090
    stats enable
    stats uri /
listen web
    bind ${t.ip}:8080
    default-server weight 3
    server first ${server.address} id 4
    server-template s 2 ${server.address} id 9 maxconn 7 backup
    server-template node- 3-5 ${server.address}
`);
  assert.deepEqual(await ask(t, 8080, 1), ['a']);
  const { text } = await t.request(8090, get('/;csv', 'Connection: close'));
  const [head = '', ...rows] = text.slice(2).split('\n');
  const columns = head.split(',');
  const found = rows
    .map((row) => row.split(','))
    .filter((row) => row[0] === 'web' && !['FRONTEND', 'BACKEND'].includes(row[1] ?? ''))
    .map((row) =>
      ['svname', 'sid', 'weight', 'slim', 'bck'].map((name) => row[columns.indexOf(name)]).join(' '),
    );
  assert.deepEqual(found, [
    'first 4 3  0',
    's1 9 3 7 1',
    's2 3 3 7 1',
    'node-3 5 3  0',
    'node-4 6 3  0',
    'node-5 7 3  0',
  ]);
});

for (const [line, message] of [
  ['server-template s 3', "'server-template' expects <prefix> <nb | range> <addr>[:<port>] as arguments."],
  ['server-template s/ 3 127.0.0.1:1', "character '/' is not permitted in server-template prefix 's/'."],
  ['server-template s 0 127.0.0.1:1', "Wrong server-template number or range arg '0'."],
  ['server-template s 3-1 127.0.0.1:1', "Wrong server-template number or range arg '3-1'."],
  ['server-template s 3- 127.0.0.1:1', "Wrong server-template number or range arg '3-'."],
  ['server-template s -3 127.0.0.1:1', "Wrong server-template number or range arg '-3'."],
  ['server-template s 3 127.0.0.1:1 zork', "'server web/(null)' : unknown keyword 'zork'."],
  [
    'server-template s 3 127.0.0.1:1-9',
    "'server web/(null)' : port range not permitted here in '127.0.0.1:1-9'",
  ],
] as const) {
  scenario(`refused: ${line}`, {}, async (t) => {
    const result = await t.check(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    ${line}
`);
    assert.equal(result.status, 1);
    assert.ok(result.stderr.includes(`] : ${message}`), result.stderr);
  });
}
