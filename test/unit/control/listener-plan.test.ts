/** Which sockets a configuration asks for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PlannedListener, planListeners } from '../../../src/control/listener-plan.ts';
import { configurationOf } from './configurations.ts';

function plan(text: string, threads = 4): PlannedListener[] {
  return planListeners(configurationOf(text), threads, 5000);
}

test('one listener for each address, of frontends that are not disabled', () => {
  const planned = plan(`
frontend a
  bind 127.0.0.1:1001,127.0.0.1:1002
  bind 127.0.0.1:1003-1004
  bind /some/path
  bind abns@name
listen b
  disabled
  bind 127.0.0.1:1005
backend c
listen d
  bind [::1]:1006
`);
  assert.deepEqual(
    planned.map(({ index, text, bindIndex, proxyIndex }) => [index, proxyIndex, bindIndex, text]),
    [
      [0, 0, 0, '127.0.0.1:1001'],
      [1, 0, 0, '127.0.0.1:1002'],
      [2, 0, 1, '127.0.0.1:1003'],
      [3, 0, 1, '127.0.0.1:1004'],
      [4, 0, 2, '/some/path'],
      [5, 0, 3, 'abns@name'],
      [6, 3, 0, '::1:1006'],
    ],
  );
});

test('the backlog: of the line, of the proxy, else the connections that it may have', () => {
  const planned = plan(`
frontend a
  maxconn 20
  bind 127.0.0.1:1 backlog 7
  bind 127.0.0.1:2 maxconn 9
  bind 127.0.0.1:3
frontend b
  backlog 30
  bind 127.0.0.1:4
frontend c
  bind 127.0.0.1:5
`);
  assert.deepEqual(
    planned.map(({ backlog }) => backlog),
    [7, 9, 20, 30, 5000],
  );
});

test('shards share the threads of the line among themselves', () => {
  const threadsOf = (options: string, threads: number): (number[] | undefined)[] =>
    plan(`frontend a\n bind 127.0.0.1:1 ${options}`, threads).map((listener) =>
      listener.threads?.map(({ from }) => from),
    );
  assert.deepEqual(threadsOf('', 4), [undefined]);
  assert.deepEqual(threadsOf('shards 1', 4), [undefined]);
  assert.deepEqual(threadsOf('shards 2', 4), [
    [1, 2],
    [3, 4],
  ]);
  assert.deepEqual(threadsOf('shards 9', 3), [[1], [2], [3]]);
  assert.deepEqual(threadsOf('shards by-thread', 2), [[1], [2]]);
  assert.deepEqual(threadsOf('shards 2 thread 2-4', 4), [[2], [3, 4]]);
});
